#include "ingest/http_pipe.h"

#include <utility>

namespace latecomer {

bool HttpPipe::Push(const char* data, std::size_t size) {
  {
    const std::scoped_lock lock(mutex_);
    if (bytes_.size() >= bytes_max_) {
      refused_ = true;
      return false;
    }
    bytes_.append(data, size);
  }
  changed_.notify_one();
  return true;
}

void HttpPipe::Finish(std::optional<Error> error) {
  {
    const std::scoped_lock lock(mutex_);
    if (finished_) return;
    finished_ = true;
    error_ = std::move(error);
  }
  changed_.notify_one();
}

Result<HttpStream::Got> HttpPipe::Read(std::string& out, std::chrono::milliseconds wait_max,
                                       std::stop_token stop, bool& resume) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::move(stop), wait_max,
                    [this] { return !bytes_.empty() || finished_; });
  if (!bytes_.empty()) {
    if (out.empty()) {
      out.swap(bytes_);
    } else {
      out += bytes_;
      bytes_.clear();
    }
    resume = std::exchange(refused_, false);
    return HttpStream::Got::kBytes;
  }
  if (!finished_) return HttpStream::Got::kNothing;
  if (error_) return *error_;
  return HttpStream::Got::kEnd;
}

}  // namespace latecomer
