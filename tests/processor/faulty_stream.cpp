#include "tests/processor/faulty_stream.h"

#include <algorithm>
#include <thread>

namespace latecomer {

class FaultyStream::FaultyReader : public Reader {
 public:
  FaultyReader(FaultyStream& stream, std::unique_ptr<Reader> inner, bool in_group)
      : stream_(stream), inner_(std::move(inner)), in_group_(in_group) {}

  Result<Polled> Poll(std::size_t max, std::chrono::milliseconds wait) override {
    if (std::exchange(had_records_, false)) {
      std::this_thread::sleep_for(stream_.stall_.exchange(std::chrono::milliseconds(0)));
    }
    if (auto fault = stream_.FaultOf(in_group_ ? Call::kPollGroup : Call::kPollPartition)) {
      return *fault;
    }
    if (!in_group_) max = std::min(max, stream_.poll_max_.load());
    Result<Polled> polled = inner_->Poll(max, wait);
    if (!polled || !in_group_) return polled;
    const auto* records = std::get_if<Records>(&*polled);
    had_records_ = records != nullptr && !records->records.empty();
    return polled;
  }
  Status ReleaseRevoked() override { return inner_->ReleaseRevoked(); }
  Result<std::int64_t> Position(const TopicPartition& partition) override {
    return inner_->Position(partition);
  }
  Status Seek(const TopicPartition& partition, std::int64_t offset) override {
    return inner_->Seek(partition, offset);
  }
  void Pause(const TopicPartition& partition) override { inner_->Pause(partition); }
  void Resume(const TopicPartition& partition) override { inner_->Resume(partition); }
  Result<std::optional<std::int64_t>> Committed(const TopicPartition& partition) override {
    return inner_->Committed(partition);
  }
  GroupMetadata Group() const override { return inner_->Group(); }

 private:
  FaultyStream& stream_;
  std::unique_ptr<Reader> inner_;
  bool in_group_;
  bool had_records_ = false;
};

class FaultyStream::FaultyWriter : public Writer {
 public:
  FaultyWriter(FaultyStream& stream, std::unique_ptr<Writer> inner)
      : stream_(stream), inner_(std::move(inner)) {}

  Status Begin() override {
    if (auto fault = Meet(Call::kBegin)) return *fault;
    return inner_->Begin();
  }
  Status Append(std::string_view topic, std::int32_t partition, std::string_view key,
                std::optional<std::string_view> value) override {
    if (auto fault = Meet(Call::kAppend)) return *fault;
    return inner_->Append(topic, partition, key, value);
  }
  Status SendOffsets(const GroupMetadata& group, const TopicPartition& partition,
                     std::int64_t next) override {
    if (auto fault = Meet(Call::kSendOffsets)) return *fault;
    return inner_->SendOffsets(group, partition, next);
  }
  Status Commit() override {
    const bool was_dead = dead_.has_value();
    const auto fault = Meet(Call::kCommit);
    if (!fault) return inner_->Commit();
    if (was_dead) return *fault;
    if (Status done = fault->code == ErrorCode::kFatal ? inner_->Commit() : inner_->Abort();
        !done) {
      return done;
    }
    return *fault;
  }
  Status Abort() override { return dead_ ? Status(*dead_) : inner_->Abort(); }

 private:
  std::optional<Error> Meet(Call call) {
    if (dead_) return dead_;
    auto fault = stream_.FaultOf(call);
    if (fault && fault->code != ErrorCode::kRetryLater) dead_ = fault;
    return fault;
  }

  FaultyStream& stream_;
  std::unique_ptr<Writer> inner_;
  std::optional<Error> dead_;
};

std::optional<Error> FaultyStream::FaultOf(Call call) {
  if (!plan_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return plan_(call);
}

Result<std::unique_ptr<Reader>> FaultyStream::NewReader(const ReaderSettings& settings) {
  auto inner = inner_.NewReader(settings);
  if (!inner) return inner.error();
  return std::unique_ptr<Reader>(
      std::make_unique<FaultyReader>(*this, std::move(*inner), !settings.group.empty()));
}

Result<std::unique_ptr<Writer>> FaultyStream::NewWriter(const std::string& transactional_id) {
  auto inner = inner_.NewWriter(transactional_id);
  if (!inner) return inner.error();
  return std::unique_ptr<Writer>(std::make_unique<FaultyWriter>(*this, std::move(*inner)));
}

}  // namespace latecomer
