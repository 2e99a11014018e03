// The streams that are open: one view a hashtag for all of them, asked for anew while anybody
// watches, and the JSON of entries rendered once for all who watch.
//
// Everything here runs on the I/O thread; the store is read on the workers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "replay/service.h"

namespace latecomer {

class SseStream;

// The Entry objects of up to kSize neighbours, in timeline order.
struct EntryBlock {
  static constexpr std::uint32_t kSize = 64;
  std::vector<std::string> json;
  std::size_t bytes = 0;
};
using EntryBlockPtr = std::shared_ptr<const EntryBlock>;  // shared with viewers that wait for it

class StreamHub {
 public:
  StreamHub(boost::asio::io_context& io, boost::asio::thread_pool& workers, ReplayService& service);

  // A stream is known from Add to Remove. Add gives the view to start with, which may be newer
  // than the stream's own.
  Views::View Add(const std::string& hashtag, SseStream& stream, const Views::View& view);
  void Remove(const std::string& hashtag, SseStream& stream);
  std::size_t size() const { return size_; }
  void CloseAll();

  // The block, if it is at hand.
  EntryBlockPtr FindBlock(const Views::View& view, std::uint32_t block);
  // Loads it for `done`, on the I/O thread: null if the store fails. Loads of one block are one.
  using BlockDone = std::function<void(EntryBlockPtr)>;
  void LoadBlock(const Views::View& view, std::uint32_t block, BlockDone done);

  ReplayService& service() { return service_; }
  boost::asio::io_context& io() { return io_; }

 private:
  static constexpr std::size_t kBlockBytesMax = 64U << 20U;  // of all blocks kept

  struct Channel {
    Views::View view;
    std::set<SseStream*> streams;
    bool asking = false;
  };
  using BlockKey = std::pair<const HashtagView*, std::uint32_t>;
  struct Cached {
    EntryBlockPtr block;
    std::list<BlockKey>::iterator used;  // into used_
  };

  void Poll();
  void Ask(const std::string& hashtag);
  void OnAnswer(const std::string& hashtag, Result<Views::View> view);
  void Switch(Channel& channel, const Views::View& view);
  void Keep(const BlockKey& key, EntryBlockPtr block);
  void DropBlocks(const HashtagView* view);
  bool InUse(const HashtagView* view) const;

  boost::asio::io_context& io_;
  boost::asio::thread_pool& workers_;
  ReplayService& service_;
  boost::asio::steady_timer timer_;
  bool polling_ = false;
  std::size_t size_ = 0;
  std::map<std::string, Channel> channels_;
  std::map<BlockKey, Cached> blocks_;
  std::list<BlockKey> used_;  // the longest unused first
  std::size_t block_bytes_ = 0;
  std::map<BlockKey, std::vector<BlockDone>> loading_;
};

}  // namespace latecomer
