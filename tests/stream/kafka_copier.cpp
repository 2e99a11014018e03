#include "tests/stream/kafka_copier.h"

#include <cstdio>
#include <map>
#include <thread>

namespace latecomer {
namespace {

using std::chrono::milliseconds;

class Copier {
 public:
  Copier(Stream& stream, std::string instance) : stream_(stream), instance_(std::move(instance)) {}

  // Until an error.
  Status Run() {
    auto writer = stream_.NewWriter("copier-" + instance_);
    if (!writer) return writer.error();
    writer_ = std::move(*writer);
    ReaderSettings reading;
    reading.group = "copiers";
    reading.instance = instance_;
    reading.topics = {"in"};
    auto reader = stream_.NewReader(reading);
    if (!reader) return reader.error();
    reader_ = std::move(*reader);
    for (;;) {
      auto polled = reader_->Poll(50, milliseconds(20));
      if (!polled) return polled.error();
      if (Status status = Handle(std::move(*polled)); !status) return status;
    }
  }

 private:
  struct Partition {
    std::int64_t count = 0;  // of records in `out`
  };

  Status Handle(Polled polled) {
    if (auto* assigned = std::get_if<Assigned>(&polled)) {
      for (const TopicPartition& one : assigned->partitions) reader_->Pause(one);
      for (const TopicPartition& one : assigned->partitions) {
        if (Status restored = Restore(one); !restored) return restored;
        reader_->Resume(one);
      }
      return {};
    }
    if (auto* revoking = std::get_if<Revoking>(&polled)) {
      for (const TopicPartition& one : revoking->partitions) partitions_.erase(one.partition);
      return reader_->ReleaseRevoked();
    }
    if (auto* lost = std::get_if<Lost>(&polled)) {
      for (const TopicPartition& one : lost->partitions) partitions_.erase(one.partition);
      return {};
    }
    return Copy(std::get<Records>(polled).records);
  }

  Status Restore(const TopicPartition& in) {
    const auto committed = reader_->Committed(in);
    if (!committed) return committed.error();
    const TopicPartition out{"out", in.partition};
    const auto end = stream_.EndOffset(out);
    if (!end) return end.error();
    ReaderSettings reading;
    reading.partitions = {out};
    const auto reader = stream_.NewReader(reading);
    if (!reader) return reader.error();
    Partition partition;
    for (;;) {
      const auto position = (*reader)->Position(out);
      if (!position) return position.error();
      if (*position >= *end) break;
      const auto polled = (*reader)->Poll(1'000, milliseconds(50));
      if (!polled) return polled.error();
      partition.count += static_cast<std::int64_t>(std::get<Records>(*polled).records.size());
    }
    partitions_[in.partition] = partition;
    return reader_->Seek(in, committed->value_or(0));
  }

  Status Copy(const std::vector<Record>& records) {
    if (records.empty()) return {};
    std::map<std::int32_t, Partition> before = partitions_;
    const Status written = Write(records);
    if (written || written.error().code != ErrorCode::kRetryLater) return written;
    // As the processor does: taken back, and done again from where it was.
    static_cast<void>(writer_->Abort());
    partitions_ = std::move(before);
    std::map<std::int32_t, std::int64_t> first;
    for (const Record& record : records) first.emplace(record.partition, record.offset);
    for (const auto& [number, offset] : first) {
      if (!partitions_.contains(number)) continue;
      if (Status moved = reader_->Seek({"in", number}, offset); !moved) return moved;
    }
    return {};
  }

  Status Write(const std::vector<Record>& records) {
    if (Status begun = writer_->Begin(); !begun) return begun;
    std::map<std::int32_t, std::int64_t> next;
    for (const Record& record : records) {
      const auto partition = partitions_.find(record.partition);
      if (partition == partitions_.end()) continue;
      Status written = writer_->Append("out", record.partition, record.key,
                                       std::to_string(partition->second.count++));
      if (!written) return written;
      next[record.partition] = record.offset + 1;
    }
    const GroupMetadata group = reader_->Group();
    for (const auto& [number, offset] : next) {
      if (Status sent = writer_->SendOffsets(group, {"in", number}, offset); !sent) return sent;
    }
    return writer_->Commit();
  }

  Stream& stream_;
  const std::string instance_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Reader> reader_;
  std::map<std::int32_t, Partition> partitions_;
};

}  // namespace

int RunCopier(const KafkaStreamSettings& settings, const std::string& instance) {
  const auto stream = OpenKafkaStream(settings);
  if (!stream) return 1;
  for (;;) {
    const Status ended = Copier(**stream, instance).Run();
    if (ended) return 1;
    if (ended.error().code != ErrorCode::kRetryLater &&
        ended.error().code != ErrorCode::kConflict) {
      std::fprintf(stderr, "copier %s: %s\n", instance.c_str(), ended.error().message.c_str());
      return 1;
    }
    std::this_thread::sleep_for(milliseconds(20));
  }
}

}  // namespace latecomer
