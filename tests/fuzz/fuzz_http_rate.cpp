// Whatever headers a host sends: the waits that are read from them are within bounds, and what
// politeness makes of them ends some time.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ingest/http_politeness.h"
#include "ingest/http_rate.h"

namespace {

using latecomer::HttpPoliteness;

constexpr latecomer::TimeMs kNow = 1'767'326'645'000;
constexpr const char* kNames[] = {"date",
                                  "age",
                                  "retry-after",
                                  "ratelimit",
                                  "ratelimit-policy",
                                  "ratelimit-limit",
                                  "ratelimit-remaining",
                                  "ratelimit-reset",
                                  "x-ratelimit-limit",
                                  "x-ratelimit-remaining",
                                  "x-ratelimit-reset",
                                  "x-rate-limit-limit",
                                  "x-rate-limit-remaining",
                                  "x-rate-limit-reset"};

void Require(bool holds) {
  if (!holds) std::abort();
}

void RequireBounded(const std::optional<std::chrono::milliseconds>& wait) {
  Require(!wait || (wait->count() >= 0 && *wait <= latecomer::kHttpWaitMax));
}

}  // namespace

// The first byte is a status, then each line is the number of a name and a value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  latecomer::HttpHeaders headers;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty()) continue;
    headers.Add(kNames[static_cast<unsigned char>(line[0]) % std::size(kNames)],
                std::string(line.substr(1)));
  }
  const latecomer::HttpRate rate = latecomer::ReadHttpRate(headers, kNow);
  RequireBounded(rate.reset_after);
  RequireBounded(rate.retry_after);

  HttpPoliteness politeness({2, std::chrono::milliseconds(10), {}}, 1);
  const HttpPoliteness::Asker asker{"h.example:443", {"key"}, 0.5};
  constexpr int kStatuses[] = {200, 304, 404, 429, 503, 0, -1};
  latecomer::TimeMs now = kNow;
  for (int i = 0; i < 8; ++i) {
    const HttpPoliteness::Verdict verdict = politeness.Ask(asker, now);
    Require(verdict.why != HttpPoliteness::Why::kBusy);
    Require(verdict.wait.count() >= 0 && verdict.wait <= latecomer::kHttpWaitMax * 3 / 2);
    now += verdict.wait.count();
    const HttpPoliteness::Verdict then = politeness.Ask(asker, now);
    if (then.why != HttpPoliteness::Why::kGo) continue;
    const int status = kStatuses[(data[0] + i) % std::size(kStatuses)];
    politeness.Finished(asker, politeness.Started(asker, now), {status, rate}, now);
  }
  return 0;
}
