// When a request may be sent, so that no host is asked more, or more at once, than it wants. Pure:
// the time is given with each call, nothing waits, and a simulated day costs milliseconds.
//
// Before a request is sent, Ask says whether it may; then Started, and once its answer has come (or
// none will), Finished. A host is known by its authority ("host:port").
//
// A limit is known by its key; the key "" is about every request to a host. What is obeyed:
//   - rules of the caller: requests at once, time between two, and windows (so many requests in any
//     stretch of that length). A request leaves a window that long after its answer came, so that
//     no delay on the way brings more of them before the server within the stretch.
//   - what answers report: what is left until when. It is taken at its most cautious: what is on
//     its way counts as not yet counted. While nothing is known, at first and after each reset, one
//     request at a time asks what holds.
//   - refusals: 429 closes the limit until what the answer says, 503 the host. Where an answer does
//     not say, and where it says too little again and again, the wait grows from one to the next.
//   - failures: a host that does not answer is asked again after waits that grow.
// All of those waits are a bit longer than asked for, by chance, so that several processes do not
// come back at the same instant.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ingest/http_rate.h"

namespace latecomer {

// At most `requests` (> 0) in any stretch of `per`, of those that count against `limit_key`.
struct HttpWindow {
  std::string limit_key;
  std::uint32_t requests = 0;
  std::chrono::milliseconds per{0};
};

struct HttpHostRules {
  int at_once_max = 2;
  std::chrono::milliseconds spacing_min{0};  // from the start of one to the start of the next
  std::vector<HttpWindow> windows;
};

class HttpPoliteness {
 public:
  using Millis = std::chrono::milliseconds;

  // A request, as far as limits are concerned: see HttpRequest.
  struct Asker {
    std::string host;
    std::vector<std::string> limit_keys;
    double budget_share = 1.0;
  };

  enum class Why {
    kGo,
    kBusy,      // too many at once: ask again when one has finished
    kSpacing,   // too soon after the one before
    kLimit,     // the budget is used up, or the share of it
    kRefused,   // the host has said no
    kNoAnswer,  // it failed the last time
  };
  struct Verdict {
    Why why = Why::kGo;
    Millis wait{0};  // none for kGo and kBusy
  };

  // A request that was started, to be given to Finished.
  struct Ticket {
    std::uint64_t number = 0;  // of those of the limit that its answer will tell about
    std::uint32_t on_way = 0;  // of them, those before it whose answers had not come
  };

  // What came of a request.
  struct Outcome {
    int status = 0;  // 0: no answer; -1: nothing is known, or the host has no part in it
    HttpRate rate;
  };

  HttpPoliteness(HttpHostRules rules, std::uint32_t seed)
      : rules_(std::move(rules)), random_(seed) {}

  // Rules for one host instead of the general ones; where it has rules already, the stricter of
  // both holds.
  void Tighten(const std::string& host, const HttpHostRules& rules);
  // Counts requests that another process, or an earlier run, has sent: up to `at`.
  void Restore(const std::string& host, const std::string& limit_key, std::uint32_t requests,
               TimeMs at);

  Verdict Ask(const Asker& asker, TimeMs now);
  Ticket Started(const Asker& asker, TimeMs now);
  void Finished(const Asker& asker, const Ticket& ticket, const Outcome& outcome, TimeMs now);

  std::size_t hosts() const { return hosts_.size(); }

 private:
  // Requests of one window, as stretches: each counts as long as its last one would.
  struct Stretch {
    TimeMs begin = 0;
    TimeMs end = 0;
    std::uint32_t requests = 0;
  };
  struct Window {
    HttpWindow rule;
    std::deque<Stretch> past;
    std::uint32_t in_past = 0;
    std::uint32_t on_way = 0;
  };
  // What answers have said of one stretch of time: so many left until then.
  struct Report {
    std::optional<std::uint64_t> limit;
    std::uint64_t remaining = 0;
    TimeMs reset_at = 0;
  };
  struct Limit {
    bool known = false;  // what holds; or that nothing is ever said of it
    // An answer may be about any of several stretches (whichever has the least left), and answers
    // may overtake each other: each is kept until its reset.
    std::vector<Report> reports;
    TimeMs closed_until = 0;
    std::uint32_t refusals = 0;  // in a row
    std::uint64_t started = 0;
    std::uint32_t on_way = 0;
    std::uint32_t asking = 0;  // of them, those whose answers will tell about it
  };
  struct Host {
    HttpHostRules rules;
    bool has_own_rules = false;
    std::vector<Window> windows;
    std::map<std::string, Limit, std::less<>> limits;
    int on_way = 0;
    TimeMs next_start = 0;
    TimeMs closed_until = 0;
    bool refused = false;        // why it is closed
    std::uint32_t failures = 0;  // in a row
  };

  Host& Get(const std::string& host, TimeMs now);
  void Forget(TimeMs now);
  static bool StillMatters(Host& host, TimeMs now);
  static Limit& GetLimit(Host& host, const std::string& key);
  static void AddWindows(Host& host, const std::vector<HttpWindow>& rules);
  static const std::string& About(const Asker& asker);
  static bool IsIn(const Window& window, const Asker& asker);
  static void Expire(Window& window, TimeMs now);
  static void Record(Window& window, std::uint32_t requests, TimeMs now);
  static Verdict AskWindow(Window& window, double share, TimeMs now);
  static Verdict AskLimit(Limit& limit, double share, bool will_tell, TimeMs now);
  static void Learn(Limit& limit, const Ticket& ticket, const HttpRate& rate, TimeMs now);
  void Refuse(Host& host, Limit& limit, const Outcome& outcome, TimeMs now);
  Millis Jittered(Millis wait);
  Millis Growing(Millis first, Millis most, std::uint32_t times);

  HttpHostRules rules_;
  std::map<std::string, Host, std::less<>> hosts_;
  std::minstd_rand random_;
};

}  // namespace latecomer
