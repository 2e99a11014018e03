// One viewer's connection while a replay is streamed to it.
//
// Events are pulled from the feed only when the last ones have been written, so that a viewer holds
// one bounded buffer, however slow it is. One that does not take it within `write_seconds_max` is
// dropped. A read is kept pending to notice a viewer that goes. Runs on the I/O thread.
#pragma once

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "replay/feed.h"
#include "replay/stream_hub.h"

namespace latecomer {

using StreamSocket = boost::asio::generic::stream_protocol::socket;

class SseStream : public std::enable_shared_from_this<SseStream> {
 public:
  static constexpr int kPingSeconds = 15;
  static constexpr std::size_t kBufferBytes = 16U << 10U;  // filled no further; events are whole

  // `head` is the HTTP response's head. `write_seconds_max`: for one buffer to be taken. `on_end`
  // is called once, when the stream is over.
  SseStream(StreamSocket socket, StreamHub& hub, const StreamStart& start, std::string head,
            int write_seconds_max, std::function<void()> on_end);

  void Start();
  void OnView(const Views::View& view);
  void Close();

 private:
  void Pump();
  bool FillWithEvents(double now_ms);
  void WaitForBlock(std::uint32_t block);
  void Write();
  void OnWritten(const boost::system::error_code& error);
  void Wait(double now_ms);
  void OnTimer();
  void ReadOn();

  StreamSocket socket_;
  StreamHub& hub_;
  std::string hashtag_;
  int write_seconds_max_;
  Feed feed_;
  boost::asio::steady_timer timer_;
  std::string buffer_;
  std::optional<FeedEvent> pending_;  // taken from the feed, its entry not rendered yet
  EntryBlockPtr block_;               // that pending_ has waited for
  bool loading_ = false;
  bool writing_ = false;
  bool closed_ = false;
  double last_write_ms_ = 0;
  Views::View next_view_;  // for when nothing is pending
  std::array<char, 256> unwanted_{};
  std::size_t unwanted_bytes_ = 0;
  std::function<void()> on_end_;
};

}  // namespace latecomer
