// The transactional writer of the embedded stream.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "stream/embedded_catalog.h"
#include "stream/embedded_db.h"
#include "stream/stream.h"

namespace latecomer {

// A transaction is held in memory and written by Commit in one go, so that no lock is held while
// the caller thinks. Its size is bounded: Append gives kInvalid for a record of more than 16 MiB
// and where the transaction would pass 256 MiB.
class EmbeddedWriter final : public Writer {
 public:
  // Raises the epoch of `transactional_id`, which fences an earlier writer. Throws DbException.
  EmbeddedWriter(EmbeddedShared& shared, std::string transactional_id);

  Status Begin() override;
  Status Append(std::string_view topic, std::int32_t partition, std::string_view key,
                std::optional<std::string_view> value) override;
  Status SendOffsets(const GroupMetadata& group, const TopicPartition& partition,
                     std::int64_t next) override;
  Status Commit() override;
  Status Abort() override;

 private:
  // A record of the open transaction: key and value stand in `bytes_` one after the other.
  struct Pending {
    std::size_t at = 0;
    std::size_t key_bytes = 0;
    std::size_t value_bytes = 0;
    bool null = false;
  };
  struct PartitionLog {
    std::string insert;  // the statement
    std::vector<Pending> records;
  };
  struct OffsetToSend {
    GroupMetadata group;
    TopicPartition partition;
    std::int64_t partition_no = 0;
    std::int64_t next = 0;
  };

  Status CheckOpen() const;
  Result<const EmbeddedTopic*> Topic(std::string_view name);
  void Clear();
  Status CommitOpen();
  Status CheckEpoch();
  Status WriteOffsets();
  void WriteRecords(std::int64_t partition_no, PartitionLog& log, TimeMs now);

  EmbeddedShared& shared_;
  std::unique_ptr<Db> db_;
  std::string transactional_id_;
  std::int64_t epoch_ = 0;
  std::map<std::string, EmbeddedTopic, std::less<>> topics_;

  bool open_ = false;
  std::optional<Error> failed_;  // kConflict or kFatal: of no more use
  std::string bytes_;
  std::size_t pending_bytes_ = 0;              // with what each record takes beside its bytes
  std::map<std::int64_t, PartitionLog> logs_;  // by partition number
  std::vector<OffsetToSend> offsets_;
};

}  // namespace latecomer
