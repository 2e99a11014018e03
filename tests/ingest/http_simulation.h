// A host with limits, and clients that always want more, in simulated time: who asks when is
// HttpPoliteness's to say, what arrives when is counted as the host sees it.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include "ingest/http_politeness.h"

namespace latecomer::test {

// A limit of the host. Fixed: counted anew from each multiple of `per` on, as most do. Sliding: so
// many in any stretch of that length.
struct HostLimit {
  std::string key;  // "" counts all requests
  std::uint32_t most = 0;
  std::int64_t per_ms = 0;
  bool sliding = false;
};

class SimulatedHost {
 public:
  SimulatedHost(std::vector<HostLimit> limits, bool reports)
      : limits_(std::move(limits)), states_(limits_.size()), reports_(reports) {}

  HttpPoliteness::Outcome Answer(const HttpPoliteness::Asker& asker, TimeMs now);

  std::uint64_t requests() const { return requests_; }
  std::uint64_t refused() const { return refused_; }
  std::uint64_t RequestsWith(const std::string& key) const {
    const auto found = with_.find(key);
    return found == with_.end() ? 0 : found->second;
  }

 private:
  struct State {
    std::deque<TimeMs> times;
  };
  std::vector<HostLimit> limits_;
  std::vector<State> states_;
  bool reports_;
  std::uint64_t requests_ = 0;
  std::uint64_t refused_ = 0;
  std::map<std::string, std::uint64_t> with_;
};

struct Delay {
  std::int64_t least_ms = 0;
  std::int64_t most_ms = 0;
};

// Lets each asker send whatever it may from `from` to `to`; `delay` is of each way.
void Simulate(HttpPoliteness& politeness, SimulatedHost& host,
              const std::vector<HttpPoliteness::Asker>& askers, TimeMs from, TimeMs to, Delay delay,
              std::uint32_t seed);

}  // namespace latecomer::test
