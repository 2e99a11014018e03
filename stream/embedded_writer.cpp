#include "stream/embedded_writer.h"

#include "stream/embedded_group.h"
#include "stream/embedded_schema.h"

namespace latecomer {
namespace {

constexpr std::size_t kRecordBytesMax = std::size_t{16} << 20;
constexpr std::size_t kTransactionBytesMax = std::size_t{256} << 20;
constexpr std::size_t kKeptBytesMax = std::size_t{32} << 20;  // of the buffer, between transactions

}  // namespace

EmbeddedWriter::EmbeddedWriter(EmbeddedShared& shared, std::string transactional_id)
    : shared_(shared), db_(OpenConnection(shared)), transactional_id_(std::move(transactional_id)) {
  WriteTransaction transaction(*db_, shared_);
  {
    Query row = db_->Sql(
        "INSERT INTO writers(transactional_id, epoch) VALUES(?, 0) "
        "ON CONFLICT DO UPDATE SET epoch=epoch+1 RETURNING epoch");
    row.Bind(std::string_view(transactional_id_));
    row.Step();
    epoch_ = row.Int(0);
  }
  transaction.Commit();
}

Status EmbeddedWriter::CheckOpen() const {
  if (failed_) return *failed_;
  if (!open_) return Invalid("Writer " + transactional_id_ + " has no open transaction.");
  return {};
}

Status EmbeddedWriter::Begin() {
  if (failed_) return *failed_;
  if (open_) return Invalid("Writer " + transactional_id_ + " has a transaction open already.");
  open_ = true;
  return {};
}

Result<const EmbeddedTopic*> EmbeddedWriter::Topic(std::string_view name) {
  auto known = topics_.find(name);
  if (known == topics_.end()) {
    auto topic = Guarded([&] { return FindTopic(*db_, shared_, name); });
    if (!topic) return topic.error();
    known = topics_.emplace(std::string(name), std::move(*topic)).first;
  }
  return &known->second;
}

Status EmbeddedWriter::Append(std::string_view topic_name, std::int32_t partition,
                              std::string_view key, std::optional<std::string_view> value) {
  if (Status open = CheckOpen(); !open) return open;
  const auto topic = Topic(topic_name);
  if (!topic) return topic.error();
  const std::size_t value_bytes = value ? value->size() : 0;
  if (key.size() + value_bytes > kRecordBytesMax) {
    return Invalid("A record of " + std::to_string(key.size() + value_bytes) +
                   " bytes is too large for topic " + (*topic)->name + ": at most " +
                   std::to_string(kRecordBytesMax) + " are allowed.");
  }
  const auto no =
      PartitionNo(**topic, partition == -1 ? PartitionOf(key, (*topic)->partitions) : partition);
  if (!no) return no.error();
  const std::size_t needed = key.size() + value_bytes + sizeof(Pending);
  if (pending_bytes_ + needed > kTransactionBytesMax) {
    return Invalid("The transaction of writer " + transactional_id_ + " is too large: at most " +
                   std::to_string(kTransactionBytesMax) + " bytes are allowed. Commit earlier.");
  }
  pending_bytes_ += needed;
  logs_[*no].records.push_back({bytes_.size(), key.size(), value_bytes, !value});
  bytes_ += key;
  if (value) bytes_ += *value;
  return {};
}

Status EmbeddedWriter::SendOffsets(const GroupMetadata& group, const TopicPartition& partition,
                                   std::int64_t next) {
  if (Status open = CheckOpen(); !open) return open;
  if (group.group.empty()) return Invalid("Offsets need the name of a group.");
  const auto topic = Topic(partition.topic);
  if (!topic) return topic.error();
  const auto no = PartitionNo(**topic, partition.partition);
  if (!no) return no.error();
  offsets_.push_back({group, partition, *no, next});
  return {};
}

Status EmbeddedWriter::Commit() {
  if (Status open = CheckOpen(); !open) return open;
  Status committed = Guarded([&] { return CommitOpen(); });
  Clear();
  if (!committed && committed.error().code != ErrorCode::kRetryLater &&
      committed.error().code != ErrorCode::kInvalid) {
    failed_ = committed.error();
  }
  return committed;
}

Status EmbeddedWriter::CommitOpen() {
  WriteTransaction transaction(*db_, shared_);
  if (Status current = CheckEpoch(); !current) return current;
  const TimeMs now = Now();
  for (auto& [no, log] : logs_) {
    if (!log.records.empty()) WriteRecords(no, log, now);
  }
  if (Status sent = WriteOffsets(); !sent) return sent;
  transaction.Commit();
  return {};
}

Status EmbeddedWriter::CheckEpoch() {
  Query row = db_->Sql("SELECT epoch FROM writers WHERE transactional_id=?");
  row.Bind(std::string_view(transactional_id_));
  if (row.Step() && row.Int(0) == epoch_) return {};
  return Conflict("Another writer has taken over the transactional id " + transactional_id_ +
                  ": only one daemon may bear this instance name.");
}

void EmbeddedWriter::WriteRecords(std::int64_t partition_no, PartitionLog& log, TimeMs now) {
  if (log.insert.empty()) {
    log.insert = "INSERT INTO " + RecordsTable(partition_no) + " VALUES(?, ?, ?, ?)";
  }
  std::int64_t offset = Bounds(*db_, partition_no).end;
  Query insert = db_->Sql(log.insert);
  for (const Pending& record : log.records) {
    const Blob key{std::string_view(bytes_).substr(record.at, record.key_bytes)};
    if (record.null) {
      insert.Bind(offset, now, key, std::nullopt);
    } else {
      insert.Bind(
          offset, now, key,
          Blob{std::string_view(bytes_).substr(record.at + record.key_bytes, record.value_bytes)});
    }
    insert.Run();
    ++offset;
  }
  db_->Sql("UPDATE partitions SET end_offset=? WHERE no=?").Bind(offset, partition_no).Run();
}

Status EmbeddedWriter::WriteOffsets() {
  for (const OffsetToSend& offset : offsets_) {
    if (Status may = CheckMayCommit(*db_, offset.group, offset.partition_no); !may) return may;
    const PartitionBounds bounds = Bounds(*db_, offset.partition_no);
    if (offset.next < 0 || offset.next > bounds.end) {
      return Invalid("Offset " + std::to_string(offset.next) + " of topic " +
                     offset.partition.topic + ", partition " +
                     std::to_string(offset.partition.partition) + ", lies past its end " +
                     std::to_string(bounds.end) + ".");
    }
    db_->Sql(
           "INSERT INTO offsets(group_id, partition_no, next) VALUES(?, ?, ?) "
           "ON CONFLICT DO UPDATE SET next=excluded.next")
        .Bind(EnsureGroup(*db_, offset.group.group), offset.partition_no, offset.next)
        .Run();
  }
  return {};
}

Status EmbeddedWriter::Abort() {
  if (failed_) return *failed_;
  if (!open_) return Invalid("Writer " + transactional_id_ + " has no open transaction.");
  Clear();
  return {};
}

void EmbeddedWriter::Clear() {
  open_ = false;
  pending_bytes_ = 0;
  bytes_.clear();
  if (bytes_.capacity() > kKeptBytesMax) bytes_.shrink_to_fit();
  for (auto& [no, log] : logs_) log.records.clear();
  offsets_.clear();
}

}  // namespace latecomer
