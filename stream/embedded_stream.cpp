#include "stream/embedded_stream.h"

#include <mutex>

#include "stream/embedded_catalog.h"
#include "stream/embedded_clean.h"
#include "stream/embedded_db.h"
#include "stream/embedded_reader.h"
#include "stream/embedded_schema.h"
#include "stream/embedded_writer.h"

namespace latecomer {
namespace {

class EmbeddedStream final : public Stream {
 public:
  explicit EmbeddedStream(const EmbeddedStreamSettings& settings) {
    shared_.settings = settings;
    db_ = OpenAndMigrate(shared_);
  }

  Status EnsureTopic(const TopicSettings& settings) override {
    return Locked([&] { return EnsureEmbeddedTopic(*db_, shared_, settings); });
  }

  Result<std::int32_t> PartitionCount(std::string_view topic) override {
    return Locked([&]() -> Result<std::int32_t> {
      const auto found = FindTopic(*db_, shared_, topic);
      if (!found) return found.error();
      return found->partitions;
    });
  }

  Result<std::string> TopicId(std::string_view topic) override {
    return Locked([&]() -> Result<std::string> {
      auto found = FindTopic(*db_, shared_, topic);
      if (!found) return found.error();
      return std::move(found->uuid);
    });
  }

  Result<std::int64_t> StartOffset(const TopicPartition& partition) override {
    return Bound(partition, &PartitionBounds::start);
  }

  Result<std::int64_t> EndOffset(const TopicPartition& partition) override {
    return Bound(partition, &PartitionBounds::end);
  }

  Result<std::optional<std::int64_t>> CommittedOffset(std::string_view group,
                                                      const TopicPartition& partition) override {
    return Locked([&]() -> Result<std::optional<std::int64_t>> {
      const auto no = FindPartitionNo(*db_, shared_, partition);
      if (!no) return no.error();
      return CommittedNext(*db_, group, *no);
    });
  }

  Status Trim(const TopicPartition& partition, std::int64_t before) override {
    return Cleaning([&](Db& db) -> Status {
      const auto topic = FindTopic(db, shared_, partition.topic);
      if (!topic) return topic.error();
      return TrimPartition(db, shared_, *topic, partition, before);
    });
  }

  Status Clean(TimeMs now) override {
    return Cleaning([&](Db& db) -> Status {
      CleanTopics(db, shared_, now);
      return {};
    });
  }

  Result<std::unique_ptr<Reader>> NewReader(const ReaderSettings& settings) override {
    return Guarded([&] { return EmbeddedReader::Make(shared_, settings); });
  }

  Result<std::unique_ptr<Writer>> NewWriter(const std::string& transactional_id) override {
    if (transactional_id.empty()) return Invalid("A writer needs a transactional id.");
    return Guarded([&]() -> Result<std::unique_ptr<Writer>> {
      return std::unique_ptr<Writer>(std::make_unique<EmbeddedWriter>(shared_, transactional_id));
    });
  }

 private:
  template <typename Body>
  auto Locked(Body&& body) -> decltype(body()) {
    const std::lock_guard lock(mutex_);
    return Guarded(body);
  }

  // Cleaning takes long: it has a connection of its own, so that the short questions need not wait.
  template <typename Body>
  Status Cleaning(Body&& body) {
    const std::lock_guard lock(clean_mutex_);
    return Guarded([&]() -> Status {
      const auto db = OpenConnection(shared_);
      return body(*db);
    });
  }

  Result<std::int64_t> Bound(const TopicPartition& partition,
                             std::int64_t PartitionBounds::*which) {
    return Locked([&]() -> Result<std::int64_t> {
      const auto no = FindPartitionNo(*db_, shared_, partition);
      if (!no) return no.error();
      return Bounds(*db_, *no).*which;
    });
  }

  EmbeddedShared shared_;
  std::mutex mutex_;  // of db_
  std::unique_ptr<Db> db_;
  std::mutex clean_mutex_;
};

}  // namespace

Result<std::unique_ptr<Stream>> OpenEmbeddedStream(const EmbeddedStreamSettings& settings) {
  return Guarded([&]() -> Result<std::unique_ptr<Stream>> {
    return std::unique_ptr<Stream>(std::make_unique<EmbeddedStream>(settings));
  });
}

}  // namespace latecomer
