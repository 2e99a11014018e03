// What a source says of how whole its pulling was: for each hashtag, which stretches of time it has
// read all of, and which not, and why not. A source that polls says so after each poll; what
// continues the stretch before it is held back, so that there is one record in ten minutes and not
// one a poll. What is held back stands in a cursor, `coverage HASHTAG` with the value
// `v1 FROM TO WHY` (times in ms; WHY to the end, empty: whole).
//
// Not for several threads. As with Revisits, a batch whose Write fails ends the source.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "ingest/post_batch.h"
#include "ingest/source.h"

namespace latecomer {

class SourceCoverage {
 public:
  explicit SourceCoverage(std::string source) : source_(std::move(source)) {}

  // kCorrupt: a cursor that makes no sense.
  Status Restore(const Cursors& cursors);

  // All that was published under the hashtag from `from` up to `to` has been pulled.
  Status Whole(PostBatch& batch, const std::string& hashtag, TimeMs from, TimeMs to) {
    return Add(batch, hashtag, from, to, "");
  }
  // It has not, or nobody knows. `why` is a short sentence for organisers, without secrets, always
  // the same for the same cause: "the server gives 7 days only".
  Status Missing(PostBatch& batch, const std::string& hashtag, TimeMs from, TimeMs to,
                 std::string why);
  // Writes what is held back, of all hashtags: when a source is done.
  Status Flush(PostBatch& batch);

  static constexpr std::chrono::milliseconds kHeldBackMost{std::chrono::minutes(10)};

 private:
  struct Held {
    TimeMs from = 0;
    TimeMs to = 0;
    std::string why;
  };

  Status Add(PostBatch& batch, const std::string& hashtag, TimeMs from, TimeMs to, std::string why);
  Status Write(PostBatch& batch, const std::string& hashtag, const Held& held) const;

  const std::string source_;
  std::map<std::string, Held, std::less<>> held_;
};

}  // namespace latecomer
