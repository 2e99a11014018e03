// A stream whose process dies as if by kill -9 in the middle of one of the writers' calls: before
// it takes effect (odd numbers) or after it did (even ones).
#pragma once

#include <unistd.h>

#include <atomic>
#include <memory>
#include <utility>

#include "stream/stream.h"

namespace latecomer {

inline constexpr int kCrashed = 99;  // the exit code

class CrashingStream : public Stream {
 public:
  // `crash_at`: 0 never; else 2n-1 dies before the nth call, 2n after it.
  CrashingStream(Stream& inner, long crash_at) : inner_(inner), crash_at_(crash_at) {}

  Status EnsureTopic(const TopicSettings& s) override { return inner_.EnsureTopic(s); }
  Result<std::int32_t> PartitionCount(std::string_view t) override {
    return inner_.PartitionCount(t);
  }
  Result<std::string> TopicId(std::string_view topic) override { return inner_.TopicId(topic); }
  Result<std::int64_t> StartOffset(const TopicPartition& p) override {
    return inner_.StartOffset(p);
  }
  Result<std::int64_t> EndOffset(const TopicPartition& p) override { return inner_.EndOffset(p); }
  Result<std::optional<std::int64_t>> CommittedOffset(std::string_view group,
                                                      const TopicPartition& p) override {
    return inner_.CommittedOffset(group, p);
  }
  Status Trim(const TopicPartition& p, std::int64_t before) override {
    return inner_.Trim(p, before);
  }
  Status Clean(TimeMs now) override { return inner_.Clean(now); }
  Result<std::unique_ptr<Reader>> NewReader(const ReaderSettings& settings) override {
    return inner_.NewReader(settings);
  }
  Result<std::unique_ptr<Writer>> NewWriter(const std::string& id) override {
    Step();
    Result<std::unique_ptr<Writer>> writer = inner_.NewWriter(id);
    Step();
    if (!writer) return writer.error();
    return std::unique_ptr<Writer>(std::make_unique<CrashingWriter>(*this, std::move(*writer)));
  }

 private:
  class CrashingWriter : public Writer {
   public:
    CrashingWriter(CrashingStream& stream, std::unique_ptr<Writer> inner)
        : stream_(stream), inner_(std::move(inner)) {}
    Status Begin() override {
      return stream_.Around([&] { return inner_->Begin(); });
    }
    Status Append(std::string_view topic, std::int32_t partition, std::string_view key,
                  std::optional<std::string_view> value) override {
      return stream_.Around([&] { return inner_->Append(topic, partition, key, value); });
    }
    Status SendOffsets(const GroupMetadata& group, const TopicPartition& partition,
                       std::int64_t next) override {
      return stream_.Around([&] { return inner_->SendOffsets(group, partition, next); });
    }
    Status Commit() override {
      return stream_.Around([&] { return inner_->Commit(); });
    }
    Status Abort() override {
      return stream_.Around([&] { return inner_->Abort(); });
    }

   private:
    CrashingStream& stream_;
    std::unique_ptr<Writer> inner_;
  };

  void Step() {
    if (++steps_ == crash_at_) _exit(kCrashed);
  }
  template <typename Call>
  Status Around(const Call& call) {
    Step();
    Status status = call();
    Step();
    return status;
  }

  Stream& inner_;
  const long crash_at_;
  std::atomic<long> steps_{0};
};

}  // namespace latecomer
