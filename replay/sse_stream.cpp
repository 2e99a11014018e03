#include "replay/sse_stream.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/log.h"
#include "replay/sse_text.h"

namespace latecomer {
namespace {

constexpr double kRetryMs = 1000;  // after a store that failed
constexpr std::size_t kUnwantedBytesMax = 64U << 10U;
constexpr int kSendBufferBytes = 64 << 10;

double WallMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

}  // namespace

SseStream::SseStream(StreamSocket socket, StreamHub& hub, const StreamStart& start,
                     std::string head, int write_seconds_max, std::function<void()> on_end)
    : socket_(std::move(socket)),
      hub_(hub),
      hashtag_(start.hashtag),
      write_seconds_max_(write_seconds_max),
      feed_(start.MakeFeed(WallMs())),
      timer_(hub.io()),
      buffer_(std::move(head)),
      on_end_(std::move(on_end)) {}

void SseStream::Start() {
  boost::system::error_code ignored;
  // The kernel would otherwise take megabytes for a viewer that does not read.
  socket_.set_option(boost::asio::socket_base::send_buffer_size(kSendBufferBytes), ignored);
  const Views::View view = hub_.Add(hashtag_, *this, feed_.shared_view());
  if (view != feed_.shared_view()) feed_.SetView(view, WallMs());
  ReadOn();
  Write();
}

void SseStream::Close() {
  if (closed_) return;
  closed_ = true;
  hub_.Remove(hashtag_, *this);
  boost::system::error_code ignored;
  timer_.cancel();
  socket_.shutdown(boost::asio::socket_base::shutdown_both, ignored);
  socket_.close(ignored);
  on_end_();
}

void SseStream::OnView(const Views::View& view) {
  if (pending_) {
    next_view_ = view;  // what is pending is of the old one
    return;
  }
  feed_.SetView(view, WallMs());
  Pump();
}

// Writes what is due, or waits until something is.
void SseStream::Pump() {
  if (writing_ || closed_) return;
  const double now_ms = WallMs();
  FillWithEvents(now_ms);
  if (buffer_.empty() && now_ms - last_write_ms_ >= kPingSeconds * 1000) buffer_ = ": ping\n\n";
  if (buffer_.empty()) {
    Wait(now_ms);
  } else {
    Write();
  }
}

// False: an entry is waited for.
bool SseStream::FillWithEvents(double now_ms) {
  while (buffer_.size() < kBufferBytes) {
    if (!pending_) pending_ = feed_.Next(now_ms);
    if (!pending_) return true;
    std::string_view entry_json;
    EntryBlockPtr block;
    if (pending_->kind == FeedEvent::Kind::kEntry) {
      const std::uint32_t number = pending_->index / EntryBlock::kSize;
      block = block_ != nullptr ? std::move(block_) : hub_.FindBlock(feed_.shared_view(), number);
      block_ = nullptr;
      if (block == nullptr) {
        WaitForBlock(number);
        return false;
      }
      entry_json = block->json[pending_->index % EntryBlock::kSize];
    }
    AppendSseEvent(buffer_, feed_.view(), *pending_, entry_json);
    hub_.service().metrics().CountEvent(pending_->kind);
    pending_.reset();
    if (next_view_ != nullptr) feed_.SetView(std::exchange(next_view_, nullptr), now_ms);
  }
  return true;
}

void SseStream::WaitForBlock(std::uint32_t block) {
  if (loading_) return;
  loading_ = true;
  hub_.LoadBlock(feed_.shared_view(), block, [self = shared_from_this()](EntryBlockPtr made) {
    self->loading_ = false;
    self->block_ = std::move(made);
    if (self->block_ != nullptr) self->Pump();  // else the timer tries again
  });
}

void SseStream::Write() {
  writing_ = true;
  timer_.expires_after(std::chrono::seconds(write_seconds_max_));
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->OnTimer();
  });
  boost::asio::async_write(socket_, boost::asio::buffer(buffer_),
                           [self = shared_from_this()](const boost::system::error_code& error,
                                                       std::size_t) { self->OnWritten(error); });
}

void SseStream::OnWritten(const boost::system::error_code& error) {
  writing_ = false;
  if (error) {
    Close();
    return;
  }
  last_write_ms_ = WallMs();
  buffer_.clear();
  if (buffer_.capacity() > 2 * kBufferBytes) buffer_.shrink_to_fit();
  Pump();
}

void SseStream::Wait(double now_ms) {
  double wake = last_write_ms_ + kPingSeconds * 1000;
  wake = std::min(wake, pending_ ? now_ms + kRetryMs : feed_.WakeAt(now_ms));
  const double wait_us = std::max(0.0, std::ceil((wake - now_ms) * 1000));
  timer_.expires_after(std::chrono::microseconds(static_cast<std::int64_t>(wait_us)));
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (!cancelled) self->OnTimer();
  });
}

void SseStream::OnTimer() {
  // A wait that had ended just when the timer was set anew is none of the new one's.
  if (closed_ || timer_.expiry() > std::chrono::steady_clock::now()) return;
  if (writing_) {
    // Nothing can be said to one who does not read: the connection ends.
    spdlog::debug("A viewer of {} takes nothing and is dropped.", hashtag_);
    hub_.service().metrics().CountDroppedStream();
    Close();
    return;
  }
  Pump();
}

void SseStream::ReadOn() {
  socket_.async_read_some(
      boost::asio::buffer(unwanted_),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t bytes) {
        self->unwanted_bytes_ += bytes;
        if (error || self->unwanted_bytes_ > kUnwantedBytesMax) {
          self->Close();
        } else {
          self->ReadOn();
        }
      });
}

}  // namespace latecomer
