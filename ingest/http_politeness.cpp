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
  return std::any_of(host.limits.begin(), host.limits.end(), [now](const auto& limit) {
    return limit.second.closed_until > now || limit.second.reset_at > now;
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

HttpPoliteness::Verdict HttpPoliteness::AskLimit(const Limit& limit, double share, bool reports,
                                                 TimeMs now) {
  if (now < limit.closed_until) return {Why::kRefused, Millis(limit.closed_until - now)};
  const bool unknown = !limit.reported || (limit.remaining && now >= limit.reset_at);
  if (unknown) return reports && limit.on_way > 0 ? Verdict{Why::kBusy, Millis(0)} : Verdict{};
  if (!limit.remaining) return {};
  const std::uint64_t reserve = limit.limit ? Reserve(*limit.limit, share) : 0;
  if (*limit.remaining > reserve) return {};
  return {Why::kLimit, Millis(limit.reset_at - now)};
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
    take({host.refused ? Why::kRefused : Why::kFailed, Millis(host.closed_until - now)});
  }
  if (now < host.next_start) take({Why::kSpacing, Millis(host.next_start - now)});
  if (host.on_way >= std::max(1, host.rules.at_once_max)) take({Why::kBusy, Millis(0)});
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

void HttpPoliteness::Started(const Asker& asker, TimeMs now) {
  Host& host = Get(asker.host, now);
  ++host.on_way;
  host.next_start = now + host.rules.spacing_min.count();
  for (Window& window : host.windows) {
    if (IsIn(window, asker)) ++window.on_way;
  }
  const auto start = [](Limit& limit) {
    ++limit.on_way;
    if (limit.remaining && *limit.remaining > 0) --*limit.remaining;
  };
  for (const std::string& key : asker.limit_keys) {
    if (!key.empty()) start(GetLimit(host, key));
  }
  start(GetLimit(host, ""));
}

void HttpPoliteness::Finished(const Asker& asker, const Outcome& outcome, TimeMs now) {
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
  if (outcome.status > 0) Report(about, outcome.rate, now);
  if (outcome.status == 429 || IsAway(outcome.status)) {
    Refuse(host, about, outcome, now);
  } else if (outcome.status > 0) {
    host.failures = 0;
    about.refusals = 0;
  }
}

void HttpPoliteness::Report(Limit& limit, const HttpRate& rate, TimeMs now) {
  limit.reported = true;
  if (!rate.remaining) {
    // Answers that say nothing (errors of a gateway) leave what is known; after a reset, nothing
    // is.
    if (limit.remaining && now >= limit.reset_at) limit.remaining.reset();
    return;
  }
  const std::uint64_t left =
      *rate.remaining - std::min<std::uint64_t>(*rate.remaining, limit.on_way);
  const Millis reset = rate.reset_after.value_or(kUnknownReset) + kResetMargin;
  const TimeMs reset_at = now + reset.count();
  // Whole seconds and delays on the way make the same reset look a bit different each time.
  const bool same_window = limit.remaining && now < limit.reset_at &&
                           std::abs(reset_at - limit.reset_at) <= 3 * kResetMargin.count();
  limit.limit = rate.limit ? rate.limit : limit.limit;
  if (same_window) {
    limit.remaining = std::min(*limit.remaining, left);
    limit.reset_at = std::max(limit.reset_at, reset_at);
  } else {
    limit.remaining = left;
    limit.reset_at = reset_at;
  }
}

void HttpPoliteness::Refuse(Host& host, Limit& limit, const Outcome& outcome, TimeMs now) {
  const HttpRate& rate = outcome.rate;
  if (outcome.status == 429) {
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
