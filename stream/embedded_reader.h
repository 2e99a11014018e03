// The reader of the embedded stream: one connection, and, of a group, one member.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "stream/embedded_catalog.h"
#include "stream/embedded_db.h"
#include "stream/embedded_group.h"
#include "stream/stream.h"

namespace latecomer {

class EmbeddedReader final : public Reader {
 public:
  // kNotFound if a topic is not there. A group is joined by this.
  static Result<std::unique_ptr<Reader>> Make(EmbeddedShared& shared,
                                              const ReaderSettings& settings);
  // A dynamic member leaves its group at once; a static one keeps its partitions until its session
  // is over.
  ~EmbeddedReader() override;

  Result<Polled> Poll(std::size_t max, std::chrono::milliseconds wait) override;
  Status ReleaseRevoked() override;
  Result<std::int64_t> Position(const TopicPartition& partition) override;
  Status Seek(const TopicPartition& partition, std::int64_t offset) override;
  void Pause(const TopicPartition& partition) override;
  void Resume(const TopicPartition& partition) override;
  Result<std::optional<std::int64_t>> Committed(const TopicPartition& partition) override;
  GroupMetadata Group() const override;

 private:
  struct Place {
    TopicPartition name;
    std::string select;  // the statement that reads it
    std::int64_t position = 0;
    bool paused = false;
    bool leaving = false;  // being revoked: read no more
  };

  EmbeddedReader(EmbeddedShared& shared, const ReaderSettings& settings);
  Status SetUp(const ReaderSettings& settings);
  void AddPlace(std::int64_t no, std::int64_t position);
  Place* Find(const TopicPartition& partition);

  Result<std::optional<Polled>> PollGroup();
  Status RenewSession();
  std::optional<Polled> PollAssignment();
  Lost LoseAll();
  std::optional<Polled> LoseGone(const GroupAssignment& assignment);
  std::optional<Polled> Revoke(const GroupAssignment& assignment);
  std::optional<Polled> Assign(const GroupAssignment& assignment);

  bool LogHasChanged();
  std::vector<Record> Fetch(std::size_t max);
  std::size_t FetchFrom(std::int64_t no, Place& place, std::size_t max, std::size_t bytes_left,
                        std::vector<Record>& out);

  EmbeddedShared& shared_;
  std::unique_ptr<Db> db_;
  std::map<std::int64_t, Place> places_;  // by partition number
  std::int64_t next_no_ = 0;              // where the next fetch begins, so that none starves
  std::int64_t version_ = -1;             // of the file, when last looked at
  bool caught_up_ = false;                // nothing to fetch until the file changes

  std::map<std::int64_t, TopicPartition> names_;  // of all partitions of the subscribed topics
  GroupMember member_;                            // `group` is empty without one
  std::int64_t generation_ = -1;
  bool joined_ = false;
  bool assignment_seen_ = false;  // as of the file's version `version_`
  bool lost_pending_ = false;
  std::optional<Error> fenced_;
  std::chrono::steady_clock::time_point renew_at_;
  std::chrono::milliseconds renew_every_;
};

}  // namespace latecomer
