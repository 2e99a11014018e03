// Runs one source into a file: what `latecomer fetch` does.
#pragma once

#include <atomic>
#include <memory>
#include <stop_token>

#include "app/fetch_file.h"
#include "base/result.h"
#include "ingest/http_client.h"
#include "ingest/source.h"

namespace latecomer {

// What a source works with here: cursors and posts live in the file.
class FetchContext final : public SourceContext {
 public:
  FetchContext(SourceSpec spec, FetchFile& file, HttpClient& http, std::stop_token stop)
      : spec_(std::move(spec)), file_(file), http_(http), stop_(std::move(stop)) {}

  const SourceSpec& spec() const override { return spec_; }
  std::stop_token stop() const override { return stop_; }
  const Cursors& cursors() const override { return file_.cursors(); }
  Status Write(PostBatch& batch) override;
  SourceCounters& counters() override { return counters_; }
  HttpClient& http() override { return http_; }
  TimeMs Now() const override;
  bool WaitFor(std::chrono::milliseconds time) override;

  // For any thread.
  const SourceCounters& counts() const { return counters_; }
  TimeMs waiting_until() const { return waiting_until_; }  // 0: it does not wait
  std::uint64_t posts() const { return posts_; }           // in the file

 private:
  const SourceSpec spec_;
  FetchFile& file_;
  HttpClient& http_;
  const std::stop_token stop_;
  SourceCounters counters_;
  std::atomic<TimeMs> waiting_until_{0};
  std::atomic<std::uint64_t> posts_{0};
};

// Runs the source until it has read what is there, and again after failures that pass (a growing
// wait lies between two). Gives the error that no waiting mends; kRetryLater where it was stopped,
// or where nothing at all could be fetched `kFruitlessMax` times in a row.
Status FetchAll(FetchContext& context);
inline constexpr int kFruitlessMax = 8;

// "1,234 posts, 56 requests, 340 to go, about 12 min"; `elapsed_s` since the fetch began.
std::string FetchProgress(const FetchContext& context, double elapsed_s, TimeMs now);

}  // namespace latecomer
