#include "ingest/source_mastodon_stream.h"

#include <utility>

#include "base/log.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kAgainFirst{1'000};
constexpr milliseconds kAgainMax{300'000};
// One that has lived so long did not fail: the next is connected at once.
constexpr milliseconds kLived{30'000};
constexpr std::size_t kEventBytesMax = 1U << 20U;
// What is taken in one step, so that a flood of posts leaves time for what else is to be done.
constexpr std::size_t kStepBytesMax = 8U << 20U;
constexpr std::uint64_t kFaultsMax = 1'000;  // rejects of one connection

}  // namespace

MastodonStream::MastodonStream(SourceContext& context, MastodonApi& api, MastodonPosts& posts,
                               MastodonThreads& threads, MastodonFeed& feed, Url address)
    : context_(context),
      api_(api),
      posts_(posts),
      threads_(threads),
      feed_(feed),
      address_(std::move(address)),
      reader_(api.instance()),
      backoff_(kAgainFirst, kAgainMax) {}

void MastodonStream::Lost(milliseconds wait) {
  const TimeMs now = context_.Now();
  if (stream_ != nullptr && now - opened_at_ >= kLived.count()) backoff_.Reset();
  stream_.reset();
  feed_.StreamLost();
  due_ = now + backoff_.Next(wait).count();
}

void MastodonStream::Connect() {
  auto stream = api_.OpenTagStream(address_, feed_.hashtag());
  if (stream) {
    stream_ = std::move(*stream);
    events_.emplace(kEventBytesMax);
    faults_ = 0;
    opened_at_ = context_.Now();
    feed_.StreamBegan();
    return;
  }
  if (context_.stopped()) return;
  if (stream.error().code == ErrorCode::kRetryLater) {
    Lost(stream.error().retry_after);
    return;
  }
  is_refused_ = true;
  feed_.StreamLost();
  spdlog::info("source {}: no streams, so the timeline is polled: {}", context_.spec().name,
               stream.error().message);
}

Status MastodonStream::Take(PostBatch& batch, SseEvent& event) {
  if (event.event == "delete") {
    threads_.Deleted(event.data);
    return {};
  }
  if (event.event != "update" && event.event != "status.update") return {};
  Result<MastodonStatus> status = reader_.Read(event.data, context_.Now());
  if (!status) {
    if (++faults_ <= kFaultsMax) {
      batch.AddReject({api_.instance() + ": streaming/hashtag", status.error().message, 0, ""});
    }
    return {};
  }
  if (event.event == "update" && !status->reposted) feed_.Streamed(status->id);
  return posts_.TakeTagged(batch, std::move(*status));
}

Status MastodonStream::Step(PostBatch& batch) {
  if (is_refused_) return {};
  if (stream_ == nullptr) {
    if (context_.Now() < due_) return {};
    Connect();
    if (stream_ == nullptr) return {};
  }
  bool is_lost = false;
  for (std::size_t taken = 0; taken < kStepBytesMax && !batch.IsFull();) {
    bytes_.clear();
    const Result<HttpStream::Got> got = stream_->Read(bytes_, 0ms);
    taken += bytes_.size();
    events_->Feed(bytes_);
    SseEvent event;
    while (events_->Next(event)) {
      if (Status s = Take(batch, event); !s) return s;
    }
    if (got && *got == HttpStream::Got::kBytes) continue;
    is_lost = !got || *got == HttpStream::Got::kEnd;
    break;
  }
  if (is_lost) {
    Lost(0ms);
    return {};
  }
  feed_.StreamAlive();
  return feed_.KeepStreamed(batch);
}

}  // namespace latecomer
