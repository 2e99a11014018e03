#include "ingest/http_politeness.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kHostsMax = 4096;          // then those without a past are forgotten
constexpr std::size_t kLimitKeysMax = 256;       // a host; more share the last
constexpr std::int64_t kStretchesAWindow = 256;  // how finely a window is remembered
constexpr milliseconds kResetMargin{1'000};      // times in headers are whole seconds
constexpr milliseconds kUnknownReset{60'000};
constexpr std::int64_t kSameResetMs = 3'000;
constexpr std::size_t kReportsMax = 4;  // more share the nearest

constexpr milliseconds kFailedFirst{1'000};
constexpr milliseconds kFailedMost{300'000};
constexpr milliseconds kRefusedFirst{1'000};             // it said how long
constexpr milliseconds kRefusedUnsaidFirst{60'000};      // it did not: X's advice
constexpr milliseconds kRefusedWithBudgetFirst{10'000};  // too many a second, not a window
constexpr milliseconds kRefusedMost{960'000};
constexpr std::uint32_t kDoublingsMax = 20;

// The gateway says that who should answer is away.
bool IsAway(int status) {
  return status == 0 || status == 502 || status == 503 || status == 504 ||
         (status >= 520 && status <= 530);
}

std::uint64_t Reserve(std::uint64_t limit, double share) {
  const double kept = std::clamp(1.0 - share, 0.0, 1.0) * static_cast<double>(limit);
  return static_cast<std::uint64_t>(std::ceil(kept));
}

}  // namespace

void HttpPoliteness::Tighten(const std::string& host, const HttpHostRules& rules) {
  Host& known = Get(host, 0);
  if (!known.has_own_rules) {
    known.has_own_rules = true;
    known.rules.at_once_max = rules.at_once_max;
    known.rules.spacing_min = rules.spacing_min;
  } else {
    known.rules.at_once_max = std::min(known.rules.at_once_max, rules.at_once_max);
    known.rules.spacing_min = std::max(known.rules.spacing_min, rules.spacing_min);
  }
  AddWindows(known, rules.windows);
}

void HttpPoliteness::Restore(const std::string& host, const std::string& limit_key,
                             std::uint32_t requests, TimeMs at) {
  for (Window& window : Get(host, at).windows) {
    if (window.rule.limit_key == limit_key) Record(window, requests, at);
  }
}

void HttpPoliteness::AddWindows(Host& host, const std::vector<HttpWindow>& rules) {
  for (const HttpWindow& rule : rules) {
    const auto same =
        std::find_if(host.windows.begin(), host.windows.end(), [&](const Window& window) {
          return window.rule.limit_key == rule.limit_key && window.rule.per == rule.per;
        });
    if (same == host.windows.end()) {
      host.windows.push_back({rule, {}, 0, 0});
    } else {
      same->rule.requests = std::min(same->rule.requests, rule.requests);
    }
  }
}

HttpPoliteness::Host& HttpPoliteness::Get(const std::string& host, TimeMs now) {
  const auto found = hosts_.find(host);
  if (found != hosts_.end()) return found->second;
  if (hosts_.size() >= kHostsMax) Forget(now);
  Host& made = hosts_[host];
  made.rules = rules_;
  AddWindows(made, rules_.windows);
  return made;
}

// Forgets the hosts of which nothing is known that still matters. Those with rules of their own
// stay: the settings name them.
void HttpPoliteness::Forget(TimeMs now) {
  for (auto it = hosts_.begin(); it != hosts_.end();) {
    it = StillMatters(it->second, now) ? std::next(it) : hosts_.erase(it);
  }
}

bool HttpPoliteness::StillMatters(Host& host, TimeMs now) {
  if (host.has_own_rules || host.on_way > 0 || host.closed_until > now) return true;
  for (Window& window : host.windows) {
    Expire(window, now);
    if (window.in_past > 0) return true;
  }
  return std::any_of(host.limits.begin(), host.limits.end(), [now](auto& limit) {
    AskLimit(limit.second, 1.0, false, now);  // drops what is over
    return limit.second.closed_until > now || !limit.second.reports.empty();
  });
}

HttpPoliteness::Limit& HttpPoliteness::GetLimit(Host& host, const std::string& key) {
  const auto found = host.limits.find(key);
  if (found != host.limits.end()) return found->second;
  if (host.limits.size() >= kLimitKeysMax) return host.limits.begin()->second;
  return host.limits[key];
}

// The limit that its answer reports on.
const std::string& HttpPoliteness::About(const Asker& asker) {
  static const std::string kAll;
  return asker.limit_keys.empty() ? kAll : asker.limit_keys.front();
}

bool HttpPoliteness::IsIn(const Window& window, const Asker& asker) {
  return window.rule.limit_key.empty() ||
         std::find(asker.limit_keys.begin(), asker.limit_keys.end(), window.rule.limit_key) !=
             asker.limit_keys.end();
}

void HttpPoliteness::Expire(Window& window, TimeMs now) {
  while (!window.past.empty() && window.past.front().end + window.rule.per.count() <= now) {
    window.in_past -= window.past.front().requests;
    window.past.pop_front();
  }
}

void HttpPoliteness::Record(Window& window, std::uint32_t requests, TimeMs now) {
  const std::int64_t together = window.rule.per.count() / kStretchesAWindow;
  window.in_past += requests;
  if (!window.past.empty() && now - window.past.back().begin <= together) {
    window.past.back().end = std::max(window.past.back().end, now);
    window.past.back().requests += requests;
    return;
  }
  window.past.push_back({now, now, requests});
}

HttpPoliteness::Verdict HttpPoliteness::AskWindow(Window& window, double share, TimeMs now) {
  Expire(window, now);
  const std::uint64_t reserve = Reserve(window.rule.requests, share);
  // However small the share: one request in a window is always allowed.
  const std::uint64_t most = std::max<std::uint64_t>(
      1, window.rule.requests - std::min<std::uint64_t>(reserve, window.rule.requests));
  const std::uint64_t used = std::uint64_t{window.in_past} + window.on_way;
  if (used < most) return {};
  std::uint64_t must_leave = used - most + 1;
  for (const Stretch& stretch : window.past) {
    if (stretch.requests >= must_leave) {
      return {Why::kLimit, Millis(stretch.end + window.rule.per.count() - now)};
    }
    must_leave -= stretch.requests;
  }
  return {Why::kBusy, Millis(0)};  // those on their way must first become the past
}

HttpPoliteness::Verdict HttpPoliteness::AskLimit(Limit& limit, double share, bool will_tell,
                                                 TimeMs now) {
  if (now < limit.closed_until) return {Why::kRefused, Millis(limit.closed_until - now)};
  if (!limit.reports.empty()) {
    std::erase_if(limit.reports, [now](const Report& report) { return report.reset_at <= now; });
    if (limit.reports.empty()) limit.known = false;
  }
  if (!limit.known)
    return will_tell && limit.asking > 0 ? Verdict{Why::kBusy, Millis(0)} : Verdict{};
  Verdict worst;
  for (const Report& report : limit.reports) {
    const std::uint64_t reserve = report.limit ? Reserve(*report.limit, share) : 0;
    const Millis wait(report.reset_at - now);
    if (report.remaining <= reserve && wait > worst.wait) worst = {Why::kLimit, wait};
  }
  return worst;
}

HttpPoliteness::Verdict HttpPoliteness::Ask(const Asker& asker, TimeMs now) {
  Host& host = Get(asker.host, now);
  // The longest wait is the one to tell; while something is on its way anything may still change.
  Verdict worst;
  const auto take = [&worst](const Verdict& verdict) {
    if (verdict.why == Why::kGo) return;
    if (worst.why == Why::kGo || verdict.wait > worst.wait) worst = verdict;
  };
  if (now < host.closed_until) {
    take({host.refused ? Why::kRefused : Why::kNoAnswer, Millis(host.closed_until - now)});
  }
  if (now < host.next_start) take({Why::kSpacing, Millis(host.next_start - now)});
  // Of a host that has failed one asks first whether it is back.
  const int at_once_max = host.failures > 0 ? 1 : std::max(1, host.rules.at_once_max);
  if (host.on_way >= at_once_max) take({Why::kBusy, Millis(0)});
  for (Window& window : host.windows) {
    if (IsIn(window, asker)) take(AskWindow(window, asker.budget_share, now));
  }
  const std::string& about = About(asker);
  for (const std::string& key : asker.limit_keys) {
    if (key.empty()) continue;
    take(AskLimit(GetLimit(host, key), asker.budget_share, key == about, now));
  }
  take(AskLimit(GetLimit(host, ""), asker.budget_share, about.empty(), now));
  return worst;
}

HttpPoliteness::Ticket HttpPoliteness::Started(const Asker& asker, TimeMs now) {
  Host& host = Get(asker.host, now);
  ++host.on_way;
  host.next_start = now + host.rules.spacing_min.count();
  for (Window& window : host.windows) {
    if (IsIn(window, asker)) ++window.on_way;
  }
  const auto start = [](Limit& limit) {
    ++limit.started;
    ++limit.on_way;
    for (Report& report : limit.reports) {
      if (report.remaining > 0) --report.remaining;
    }
  };
  for (const std::string& key : asker.limit_keys) {
    if (!key.empty()) start(GetLimit(host, key));
  }
  start(GetLimit(host, ""));
  Limit& about = GetLimit(host, About(asker));
  ++about.asking;
  return {about.started, about.on_way - 1};
}

void HttpPoliteness::Finished(const Asker& asker, const Ticket& ticket, const Outcome& outcome,
                              TimeMs now) {
  Host& host = Get(asker.host, now);
  assert(host.on_way > 0);
  --host.on_way;
  for (Window& window : host.windows) {
    if (!IsIn(window, asker)) continue;
    // A window that was added while this was on its way has not counted it.
    if (window.on_way > 0) --window.on_way;
    Record(window, 1, now);
  }
  for (const std::string& key : asker.limit_keys) {
    if (!key.empty()) --GetLimit(host, key).on_way;
  }
  --GetLimit(host, "").on_way;

  Limit& about = GetLimit(host, About(asker));
  --about.asking;
  if (outcome.status > 0) Learn(about, ticket, outcome.rate, now);
  if (outcome.status == 429 || IsAway(outcome.status)) {
    Refuse(host, about, outcome, now);
  } else if (outcome.status > 0) {
    host.failures = 0;
    about.refusals = 0;
  }
}

void HttpPoliteness::Learn(Limit& limit, const Ticket& ticket, const HttpRate& rate, TimeMs now) {
  limit.known = true;
  if (!rate.remaining) return;  // answers that say nothing (a gateway's errors) leave what is known
  Report report;
  report.limit = rate.limit;
  // What the host may not have counted yet when it answered: all that started later, and what was
  // on its way before and still is.
  const std::uint64_t uncounted =
      limit.started - ticket.number + std::min(ticket.on_way, limit.on_way);
  report.remaining = *rate.remaining - std::min(*rate.remaining, uncounted);
  report.reset_at = now + (rate.reset_after.value_or(kUnknownReset) + kResetMargin).count();
  // Whole seconds and delays on the way make the same reset look a bit different each time.
  const auto far = [&report](const Report& known) {
    return std::abs(known.reset_at - report.reset_at);
  };
  const auto nearest =
      std::min_element(limit.reports.begin(), limit.reports.end(),
                       [&](const Report& a, const Report& b) { return far(a) < far(b); });
  const bool full = limit.reports.size() >= kReportsMax;
  if (nearest == limit.reports.end() || (!full && far(*nearest) > kSameResetMs)) {
    limit.reports.push_back(report);
    return;
  }
  nearest->remaining = std::min(nearest->remaining, report.remaining);
  nearest->reset_at = std::max(nearest->reset_at, report.reset_at);
  if (report.limit) nearest->limit = report.limit;
}

void HttpPoliteness::Refuse(Host& host, Limit& limit, const Outcome& outcome, TimeMs now) {
  const HttpRate& rate = outcome.rate;
  if (outcome.status == 429) {
    limit.known = false;  // afterwards one asks first
    const bool used_up = rate.remaining.value_or(0) == 0;
    std::optional<Millis> said = rate.retry_after;
    if (!said && used_up) said = rate.reset_after;
    Millis first = kRefusedFirst;
    if (!said) first = used_up ? kRefusedUnsaidFirst : kRefusedWithBudgetFirst;
    const Millis wait = std::max(Growing(first, kRefusedMost, limit.refusals++),
                                 said ? Jittered(*said + kResetMargin) : Millis(0));
    limit.closed_until = std::max(limit.closed_until, now + wait.count());
    return;
  }
  const Millis wait = std::max(Growing(kFailedFirst, kFailedMost, host.failures++),
                               Jittered(rate.retry_after.value_or(Millis(0))));
  host.refused = outcome.status != 0;
  host.closed_until = std::max(host.closed_until, now + wait.count());
}

// Up to a tenth longer, by two minutes at most.
HttpPoliteness::Millis HttpPoliteness::Jittered(Millis wait) {
  const std::int64_t most = std::min<std::int64_t>(wait.count() / 10, 120'000);
  if (most <= 0) return wait;
  return wait + Millis(std::uniform_int_distribution<std::int64_t>(0, most)(random_));
}

// Doubles with each time, and is up to half longer by chance.
HttpPoliteness::Millis HttpPoliteness::Growing(Millis first, Millis most, std::uint32_t times) {
  const Millis wait = std::min(most, first * (std::int64_t{1} << std::min(times, kDoublingsMax)));
  return wait + Millis(std::uniform_int_distribution<std::int64_t>(0, wait.count() / 2)(random_));
}

}  // namespace latecomer
