#include "replay/stream_hub.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "base/log.h"
#include "replay/entry_view.h"
#include "replay/sse_stream.h"

namespace latecomer {
namespace {

constexpr std::chrono::milliseconds kPoll{250};

bool IsNewer(const HashtagView& a, const HashtagView& b) {
  return a.epoch() != b.epoch() || a.applied() > b.applied();
}

EntryBlockPtr RenderBlock(TimelineReadStore& store, const HashtagView& view, std::uint32_t block) {
  const auto all = static_cast<std::uint32_t>(view.timeline().entries().size());
  std::vector<std::uint32_t> entries;
  for (std::uint32_t i = block * EntryBlock::kSize;
       i < std::min(all, (block + 1) * EntryBlock::kSize); ++i) {
    entries.push_back(i);
  }
  Result<std::vector<std::string>> rendered = RenderEntries(store, view, entries);
  if (!rendered) {
    spdlog::warn("Entries of {} cannot be read: {}", view.timeline().hashtag(),
                 rendered.error().message);
    return nullptr;
  }
  auto made = std::make_shared<EntryBlock>();
  made->json = *std::move(rendered);
  for (const std::string& json : made->json) made->bytes += json.capacity() + sizeof json;
  return made;
}

}  // namespace

StreamHub::StreamHub(boost::asio::io_context& io, boost::asio::thread_pool& workers,
                     ReplayService& service)
    : io_(io), workers_(workers), service_(service), timer_(io) {}

Views::View StreamHub::Add(const std::string& hashtag, SseStream& stream, const Views::View& view) {
  Channel& channel = channels_[hashtag];
  if (channel.view == nullptr) {
    channel.view = view;
  } else if (channel.view != view && IsNewer(*view, *channel.view)) {
    Switch(channel, view);
  }
  channel.streams.insert(&stream);
  service_.metrics().SetStreams(++size_);
  if (!polling_) Poll();
  return channel.view;
}

void StreamHub::Remove(const std::string& hashtag, SseStream& stream) {
  const auto it = channels_.find(hashtag);
  if (it == channels_.end() || it->second.streams.erase(&stream) == 0) return;
  service_.metrics().SetStreams(--size_);
  if (it->second.streams.empty()) {
    DropBlocks(it->second.view.get());
    channels_.erase(it);
  }
}

void StreamHub::CloseAll() {
  timer_.cancel();
  std::vector<SseStream*> all;
  for (const auto& [hashtag, channel] : channels_) {
    all.insert(all.end(), channel.streams.begin(), channel.streams.end());
  }
  for (SseStream* stream : all) stream->Close();
}

// Asks for newer views while there are streams.
void StreamHub::Poll() {
  polling_ = size_ > 0;
  if (!polling_) return;
  for (const auto& [hashtag, channel] : channels_) {
    if (!channel.asking) Ask(hashtag);
  }
  timer_.expires_after(kPoll);
  timer_.async_wait([this](const boost::system::error_code& error) {
    polling_ = false;
    if (!error) Poll();
  });
}

void StreamHub::Ask(const std::string& hashtag) {
  channels_[hashtag].asking = true;
  boost::asio::post(workers_, [this, hashtag] {
    boost::asio::post(io_, [this, hashtag, view = service_.views().Get(hashtag)]() mutable {
      OnAnswer(hashtag, std::move(view));
    });
  });
}

void StreamHub::OnAnswer(const std::string& hashtag, Result<Views::View> view) {
  const auto it = channels_.find(hashtag);
  if (it == channels_.end()) return;
  Channel& channel = it->second;
  channel.asking = false;
  if (view) {
    if (*view != channel.view && IsNewer(**view, *channel.view)) Switch(channel, *view);
    return;
  }
  if (view.error().code == ErrorCode::kNotFound) {
    // Everything under the hashtag was erased: who comes back is told so.
    const std::vector<SseStream*> streams(channel.streams.begin(), channel.streams.end());
    for (SseStream* stream : streams) stream->Close();
    return;
  }
  spdlog::warn("The timeline of {} cannot be read: {}", hashtag, view.error().message);
}

void StreamHub::Switch(Channel& channel, const Views::View& view) {
  DropBlocks(channel.view.get());
  channel.view = view;
  // A stream that fails meanwhile leaves the set.
  const std::vector<SseStream*> streams(channel.streams.begin(), channel.streams.end());
  for (SseStream* stream : streams) {
    if (channel.streams.contains(stream)) stream->OnView(view);
  }
}

EntryBlockPtr StreamHub::FindBlock(const Views::View& view, std::uint32_t block) {
  const auto it = blocks_.find({view.get(), block});
  if (it == blocks_.end()) return nullptr;
  used_.splice(used_.end(), used_, it->second.used);
  return it->second.block;
}

void StreamHub::LoadBlock(const Views::View& view, std::uint32_t block, BlockDone done) {
  const BlockKey key(view.get(), block);
  std::vector<BlockDone>& waiting = loading_[key];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  // The view is held while it is loaded, so that its address stays its own.
  boost::asio::post(workers_, [this, key, view] {
    EntryBlockPtr made = RenderBlock(service_.store(), *view, key.second);
    boost::asio::post(io_, [this, key, view, made = std::move(made)] {
      if (made != nullptr && InUse(key.first)) Keep(key, made);
      const std::vector<BlockDone> all = std::move(loading_[key]);
      loading_.erase(key);
      for (const BlockDone& one : all) one(made);
    });
  });
}

bool StreamHub::InUse(const HashtagView* view) const {
  return std::any_of(channels_.begin(), channels_.end(),
                     [view](const auto& channel) { return channel.second.view.get() == view; });
}

void StreamHub::Keep(const BlockKey& key, EntryBlockPtr block) {
  block_bytes_ += block->bytes;
  used_.push_back(key);
  blocks_[key] = {std::move(block), std::prev(used_.end())};
  while (block_bytes_ > kBlockBytesMax && used_.size() > 1) {
    const auto oldest = blocks_.find(used_.front());
    block_bytes_ -= oldest->second.block->bytes;
    blocks_.erase(oldest);
    used_.pop_front();
  }
}

// Blocks never outlive the interest in their view, so that an address is never another view's.
void StreamHub::DropBlocks(const HashtagView* view) {
  auto it = blocks_.lower_bound({view, 0});
  while (it != blocks_.end() && it->first.first == view) {
    block_bytes_ -= it->second.block->bytes;
    used_.erase(it->second.used);
    it = blocks_.erase(it);
  }
}

}  // namespace latecomer
