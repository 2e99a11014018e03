// The bytes of a stream between the client's thread, which fills, and a reader, which takes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "ingest/http_stream.h"

namespace latecomer {

class HttpPipe {
 public:
  explicit HttpPipe(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Of the client's thread. Push takes all or, while too much is there, nothing: false.
  bool Push(const char* data, std::size_t size);
  // The last: nothing comes after it. Without an error the stream has ended well.
  void Finish(std::optional<Error> error);

  // Of the reader: as HttpStream::Read. `resume`: a Push was refused, and now there is room.
  Result<HttpStream::Got> Read(std::string& out, std::chrono::milliseconds wait_max,
                               std::stop_token stop, bool& resume);

 private:
  const std::size_t bytes_max_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string bytes_;
  bool refused_ = false;
  bool finished_ = false;
  std::optional<Error> error_;
};

}  // namespace latecomer
