// What a migration reads: the four topics of a stream to which nobody writes meanwhile, as they
// stood when they were looked at.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/backoff.h"
#include "base/result.h"
#include "stream/stream.h"

namespace latecomer {

struct MigrationSource {
  struct Place {
    std::int64_t start = 0;
    std::int64_t end = 0;
    // Of `posts`: up to where the processors have done their work, between start and end.
    std::int64_t committed = 0;
  };
  std::map<TopicPartition, Place> places;
  std::string id;     // a hash of which topics these are
  std::string state;  // a hash of where they end, and of what has been processed

  std::int32_t Partitions(std::string_view topic) const;
  const Place& At(const TopicPartition& partition) const { return places.at(partition); }
  std::uint64_t Offsets(std::string_view topic) const;  // from start to end, of all partitions
};

// kNotFound where a topic is missing.
Result<MigrationSource> LookAtSource(Stream& stream);

// The records of a partition from `begin` up to, without, `end`, one after the other. `stream` must
// outlive it.
class PartitionReader {
 public:
  PartitionReader(Stream& stream, TopicPartition of, std::int64_t begin, std::int64_t end)
      : stream_(stream), of_(std::move(of)), next_(begin), end_(end) {}

  // Nothing: that was the last. kRetryLater: `stop`, or for a minute nothing could be read.
  Result<std::optional<Record>> Next(const std::stop_token& stop);

 private:
  Status Open();
  Status Fill(const std::stop_token& stop);

  Stream& stream_;
  TopicPartition of_;
  std::int64_t next_;  // where the reader begins, once it is opened
  std::int64_t end_;
  bool at_end_ = false;
  std::unique_ptr<Reader> reader_;
  std::deque<Record> held_;
};

// How long a migration waits for a broker that is away before it gives up; run again, it resumes.
inline constexpr std::chrono::milliseconds kMigrationPatience{60'000};

// Waits, but not past a stop: false if one is requested.
bool WaitUnlessStopped(std::chrono::milliseconds time, const std::stop_token& stop);

// What `call` gives, tried again while that is kRetryLater and patience lasts.
template <typename Call>
auto WithPatience(const std::stop_token& stop, Call&& call) -> decltype(call()) {
  Backoff backoff(std::chrono::milliseconds(100), std::chrono::milliseconds(5'000));
  const auto until = std::chrono::steady_clock::now() + kMigrationPatience;
  while (true) {
    auto result = call();
    if (result || result.error().code != ErrorCode::kRetryLater ||
        std::chrono::steady_clock::now() > until ||
        !WaitUnlessStopped(backoff.Next(result.error().retry_after), stop)) {
      return result;
    }
  }
}

}  // namespace latecomer
