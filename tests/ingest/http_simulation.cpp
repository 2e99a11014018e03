#include "tests/ingest/http_simulation.h"

#include <algorithm>

namespace latecomer::test {
namespace {

struct Event {
  TimeMs at = 0;
  std::uint64_t order = 0;
  bool arrives = false;  // at the host; else back at the client
  std::size_t asker = 0;
  HttpPoliteness::Ticket ticket;
  HttpPoliteness::Outcome outcome;
  bool operator>(const Event& other) const {
    return std::pair(at, order) > std::pair(other.at, other.order);
  }
};

bool Counts(const HostLimit& limit, const HttpPoliteness::Asker& asker) {
  return limit.key.empty() || std::find(asker.limit_keys.begin(), asker.limit_keys.end(),
                                        limit.key) != asker.limit_keys.end();
}

}  // namespace

HttpPoliteness::Outcome SimulatedHost::Answer(const HttpPoliteness::Asker& asker, TimeMs now) {
  ++requests_;
  for (const std::string& key : asker.limit_keys) ++with_[key];
  HttpPoliteness::Outcome outcome;
  outcome.status = 200;
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    const HostLimit& limit = limits_[i];
    if (!Counts(limit, asker)) continue;
    std::deque<TimeMs>& times = states_[i].times;
    const TimeMs begin = limit.sliding ? now - limit.per_ms + 1 : now - now % limit.per_ms;
    while (!times.empty() && times.front() < begin) times.pop_front();
    if (times.size() >= limit.most) {
      outcome.status = 429;
    } else {
      times.push_back(now);
    }
    const std::uint64_t remaining = limit.most - times.size();
    if (!reports_ || (outcome.rate.remaining && *outcome.rate.remaining <= remaining)) continue;
    outcome.rate.limit = limit.most;
    outcome.rate.remaining = remaining;
    // In whole seconds, as headers have it.
    const TimeMs reset = (limit.sliding ? times.front() : begin) + limit.per_ms;
    outcome.rate.reset_after = std::chrono::milliseconds(reset / 1000 * 1000 - now / 1000 * 1000);
  }
  if (outcome.status == 429) ++refused_;
  return outcome;
}

void Simulate(HttpPoliteness& politeness, SimulatedHost& host,
              const std::vector<HttpPoliteness::Asker>& askers, TimeMs from, TimeMs to, Delay delay,
              std::uint32_t seed) {
  std::minstd_rand random(seed);
  const auto some_delay = [&] {
    return std::uniform_int_distribution<std::int64_t>(delay.least_ms, delay.most_ms)(random);
  };
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events;
  std::uint64_t order = 0;
  TimeMs now = from;
  while (now < to || !events.empty()) {
    TimeMs next = to;
    bool started = true;
    while (started && now < to) {
      started = false;
      for (std::size_t i = 0; i < askers.size(); ++i) {
        const HttpPoliteness::Verdict verdict = politeness.Ask(askers[i], now);
        if (verdict.why == HttpPoliteness::Why::kGo) {
          const HttpPoliteness::Ticket ticket = politeness.Started(askers[i], now);
          events.push({now + some_delay(), ++order, true, i, ticket, {}});
          started = true;
        } else if (verdict.wait.count() > 0) {
          next = std::min(next, now + verdict.wait.count());
        }
      }
    }
    if (!events.empty() && (events.top().at <= next || now >= to)) {
      Event event = events.top();
      events.pop();
      now = std::max(now, event.at);
      const HttpPoliteness::Asker& asker = askers[event.asker];
      if (event.arrives) {
        event.outcome = host.Answer(asker, now);
        event.arrives = false;
        event.at = now + some_delay();
        event.order = ++order;
        events.push(event);
      } else {
        politeness.Finished(asker, event.ticket, event.outcome, now);
      }
    } else {
      now = next;
    }
  }
}

}  // namespace latecomer::test
