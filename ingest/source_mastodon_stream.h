// The stream of one hashtag on one instance (GET /api/v1/streaming/hashtag, Server-Sent Events):
// posts as they come (`update`), their edits (`status.update`) and deletions (`delete`, an id).
//
// Such a stream has no memory: events have no ids, and what happened while nobody was connected is
// never sent. So each connection begins with a reading of the timeline from where it is known to be
// whole, and the stream is read at the same time. Only Mastodon has these streams, for those with a
// token; where they are refused the timeline is polled as if there were none.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/backoff.h"
#include "base/result.h"
#include "base/time.h"
#include "ingest/http_stream.h"
#include "ingest/post_batch.h"
#include "ingest/source.h"
#include "ingest/source_mastodon_api.h"
#include "ingest/source_mastodon_feed.h"
#include "ingest/source_mastodon_posts.h"
#include "ingest/source_mastodon_threads.h"
#include "ingest/sse_reader.h"

namespace latecomer {

class MastodonStream {
 public:
  // All must outlive it. `address`: of the server that streams.
  MastodonStream(SourceContext& context, MastodonApi& api, MastodonPosts& posts,
                 MastodonThreads& threads, MastodonFeed& feed, Url address);

  // Connects if it is time to; reads what has come, without waiting, into the batch. Errors are
  // those of the batch alone: that the stream is lost is the stream's own matter.
  Status Step(PostBatch& batch);
  bool is_open() const { return stream_ != nullptr; }
  // The instance does not want to be asked so: it is not tried again.
  bool is_refused() const { return is_refused_; }
  // When it wants to connect again.
  TimeMs due() const { return due_; }

 private:
  void Connect();
  void Lost(std::chrono::milliseconds wait);
  Status Take(PostBatch& batch, SseEvent& event);

  SourceContext& context_;
  MastodonApi& api_;
  MastodonPosts& posts_;
  MastodonThreads& threads_;
  MastodonFeed& feed_;
  const Url address_;
  MastodonReader reader_;

  std::unique_ptr<HttpStream> stream_;
  std::optional<SseReader> events_;  // of this connection
  std::string bytes_;
  Backoff backoff_;
  TimeMs due_ = 0;
  TimeMs opened_at_ = 0;
  bool is_refused_ = false;
  std::uint64_t faults_ = 0;
};

}  // namespace latecomer
