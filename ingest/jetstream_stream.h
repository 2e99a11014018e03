// The connection to a Jetstream: one of several hosts, each with the events that it has witnessed,
// in order. Where one fails, the next is asked for what comes from a bit before the last event on:
// hosts witness each event at times of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/http_source.h"
#include "ingest/jetstream_event.h"
#include "ingest/url.h"
#include "ingest/websocket.h"

namespace latecomer {

class JetstreamStream {
 public:
  struct Host {
    Url url;                    // as ParseWebSocketUrl gives it
    std::optional<bool> is_v2;  // nothing: not known yet, v2 is tried first
  };

  JetstreamStream(SourceHttp& http, std::vector<Host> hosts);

  // Connects to the present host, from the position on; 0: from now. kRetryLater, kInvalid, kFatal:
  // it cannot be had there.
  Status Open(std::int64_t position_us);
  // The next host's turn. False: all have had theirs, and the first comes again.
  bool Next();
  void Close() { socket_.reset(); }

  // The next event, within a second or so; nothing if none has come. The event is valid until the
  // next call. kRetryLater: the connection has ended.
  Result<std::optional<JetstreamEvent>> Read(std::stop_token stop);

  bool is_v2() const { return is_v2_; }
  const std::string& host() const { return hosts_[which_].url.host; }
  // How far before the last event the next connection has to begin.
  std::int64_t overlap_us() const;

  static constexpr std::int64_t kOverlapUs = 5'000'000;  // on the same host
  static constexpr std::int64_t kOverlapOfHostsUs = 60'000'000;
  static constexpr int kMalformedMax = 100;  // in a row

 private:
  Status Connect(std::int64_t position_us, bool v2);

  SourceHttp& http_;
  std::vector<Host> hosts_;
  std::size_t which_ = 0;
  std::optional<std::size_t> read_from_;  // whose events were read last
  std::unique_ptr<WebSocket> socket_;
  bool is_v2_ = false;
  int malformed_ = 0;
  std::string message_;
  JsonTree tree_;
};

}  // namespace latecomer
