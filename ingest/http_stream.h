// An answer that does not end: Server-Sent Events, lines of JSON.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "ingest/http_message.h"

namespace latecomer {

struct HttpStreamSettings {
  // Nothing for so long, not even a heartbeat, and the stream counts as lost: two to three
  // heartbeats of the host.
  std::chrono::milliseconds silence_max{60'000};
  // What is kept for a reader that is slow. Past it no more is taken from the connection, so that
  // the host has to wait. (One chunk of up to 16 kB more may be there.)
  std::size_t buffer_bytes_max = 1U << 20U;
};

// For one thread. Destroying it closes the connection. To connect again is the caller's: the client
// makes it wait where the host has refused or failed.
class HttpStream {
 public:
  virtual ~HttpStream() = default;

  // The status and headers with which the host began.
  virtual const HttpResponse& head() const = 0;

  enum class Got {
    kBytes,
    kNothing,  // within the time, or a stop was requested
    kEnd,      // the host has ended the answer in good order
  };
  // Waits for bytes, at most so long, and appends all that are there. kRetryLater: the connection
  // was lost, or silent for too long; what had come before has been handed out by then.
  virtual Result<Got> Read(std::string& out, std::chrono::milliseconds wait_max,
                           std::stop_token stop = {}) = 0;
};

}  // namespace latecomer
