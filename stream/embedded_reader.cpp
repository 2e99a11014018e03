#include "stream/embedded_reader.h"

#include <algorithm>

#include "stream/embedded_schema.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// How often a waiting reader looks for commits of other processes; those of its own process wake
// it.
constexpr milliseconds kLookEvery{20};
constexpr std::size_t kPollRecordsMax = 100'000;
constexpr std::size_t kPollBytesMax = std::size_t{64} << 20;
constexpr milliseconds kRenewEveryMax{3'000};

std::string NameOf(const TopicPartition& partition) {
  return "partition " + std::to_string(partition.partition) + " of topic " + partition.topic;
}

}  // namespace

EmbeddedReader::EmbeddedReader(EmbeddedShared& shared, const ReaderSettings& settings)
    : shared_(shared),
      db_(OpenConnection(shared)),
      renew_every_(
          std::clamp(shared.settings.session_timeout / 5, milliseconds(1), kRenewEveryMax)) {
  member_.group = settings.group;
  member_.instance = settings.instance;
}

Result<std::unique_ptr<Reader>> EmbeddedReader::Make(EmbeddedShared& shared,
                                                     const ReaderSettings& settings) {
  std::unique_ptr<EmbeddedReader> reader(new EmbeddedReader(shared, settings));
  if (Status ready = reader->SetUp(settings); !ready) return ready.error();
  return std::unique_ptr<Reader>(std::move(reader));
}

Status EmbeddedReader::SetUp(const ReaderSettings& settings) {
  if (settings.group.empty()) {
    for (const TopicPartition& partition : settings.partitions) {
      const auto no = FindPartitionNo(*db_, shared_, partition);
      if (!no) return no.error();
      names_[*no] = partition;
      AddPlace(*no, Bounds(*db_, *no).start);
    }
    return {};
  }
  if (settings.topics.empty()) {
    return Invalid("A reader of group " + settings.group + " needs a topic.");
  }
  for (const std::string& name : settings.topics) {
    const auto topic = FindTopic(*db_, shared_, name);
    if (!topic) return topic.error();
    member_.topic_ids.push_back(topic->id);
    for (std::int32_t i = 0; i < topic->partitions; ++i) {
      names_[topic->partition_nos[static_cast<std::size_t>(i)]] = {name, i};
    }
  }
  JoinGroup(*db_, shared_, member_);
  joined_ = true;
  renew_at_ = Clock::now() + renew_every_;
  return {};
}

EmbeddedReader::~EmbeddedReader() {
  if (!joined_ || !member_.instance.empty()) return;
  try {
    LeaveGroup(*db_, shared_, member_);
  } catch (const DbException&) {
    // The group expels it when its session is over.
  }
}

void EmbeddedReader::AddPlace(std::int64_t no, std::int64_t position) {
  Place place;
  place.name = names_[no];
  place.select = "SELECT offset, timestamp, key, value FROM " + RecordsTable(no) +
                 " WHERE offset>=? ORDER BY offset LIMIT ?";
  place.position = position;
  places_[no] = std::move(place);
  caught_up_ = false;
}

EmbeddedReader::Place* EmbeddedReader::Find(const TopicPartition& partition) {
  for (auto& [no, place] : places_) {
    if (place.name == partition) return &place;
  }
  return nullptr;
}

Result<Polled> EmbeddedReader::Poll(std::size_t max, milliseconds wait) {
  return Guarded([&]() -> Result<Polled> {
    const auto until = Clock::now() + wait;
    for (;;) {
      const std::uint64_t seen = shared_.signal.Count();
      if (LogHasChanged()) caught_up_ = assignment_seen_ = false;
      if (!member_.group.empty()) {
        auto event = PollGroup();
        if (!event) return event.error();
        if (*event) return std::move(**event);
      }
      if (!caught_up_) {
        std::vector<Record> records = Fetch(std::min(max, kPollRecordsMax));
        if (!records.empty()) return Polled(Records{std::move(records)});
      }
      const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
      if (left.count() <= 0) return Polled(Records{});
      shared_.signal.Wait(seen, std::min(left, kLookEvery));
    }
  });
}

bool EmbeddedReader::LogHasChanged() {
  const std::int64_t version = db_->Version();
  return std::exchange(version_, version) != version;
}

Result<std::optional<Polled>> EmbeddedReader::PollGroup() {
  if (fenced_) return *fenced_;
  if (!joined_) {
    JoinGroup(*db_, shared_, member_);
    joined_ = true;
    assignment_seen_ = false;
    renew_at_ = Clock::now() + renew_every_;
  }
  if (Clock::now() >= renew_at_) {
    if (Status renewed = RenewSession(); !renewed) return renewed.error();
  }
  if (std::exchange(lost_pending_, false)) return std::optional<Polled>(LoseAll());
  if (assignment_seen_) return std::optional<Polled>();
  return PollAssignment();
}

Status EmbeddedReader::RenewSession() {
  switch (RenewMember(*db_, shared_, member_)) {
    case Heartbeat::kAlive:
      break;
    case Heartbeat::kExpelled:
      joined_ = false;
      lost_pending_ = !places_.empty();
      break;
    case Heartbeat::kFenced:
      fenced_ = Fatal("Another reader has joined group " + member_.group + " as instance " +
                      member_.instance + ": each daemon needs an instance name of its own.");
      return *fenced_;
  }
  assignment_seen_ = false;  // its own writes do not change the file's version as it sees it
  renew_at_ = Clock::now() + renew_every_;
  return {};
}

Lost EmbeddedReader::LoseAll() {
  Lost lost;
  for (const auto& [no, place] : places_) lost.partitions.push_back(place.name);
  places_.clear();
  return lost;
}

std::optional<Polled> EmbeddedReader::PollAssignment() {
  if (GenerationOf(*db_, member_.group_id) == generation_) {
    assignment_seen_ = true;
    return std::nullopt;
  }
  GroupAssignment assignment;
  {
    const ReadTransaction snapshot(*db_);
    assignment = AssignmentOf(*db_, member_);
  }
  // One event a poll: the generation counts as seen only when none is left.
  if (auto event = LoseGone(assignment)) return event;
  if (auto event = Revoke(assignment)) return event;
  if (auto event = Assign(assignment)) return event;
  generation_ = assignment.generation;
  assignment_seen_ = true;
  return std::nullopt;
}

std::optional<Polled> EmbeddedReader::LoseGone(const GroupAssignment& assignment) {
  Lost lost;
  for (auto it = places_.begin(); it != places_.end();) {
    if (assignment.kept.contains(it->first) || assignment.leaving.contains(it->first)) {
      ++it;
      continue;
    }
    lost.partitions.push_back(it->second.name);
    it = places_.erase(it);
  }
  if (lost.partitions.empty()) return std::nullopt;
  // Its own row is gone too, or somebody bears its name: the next renewal tells which.
  renew_at_ = Clock::now();
  return Polled(std::move(lost));
}

std::optional<Polled> EmbeddedReader::Revoke(const GroupAssignment& assignment) {
  Revoking revoking;
  std::set<std::int64_t> unseen;  // wanted by another member before the caller heard of them
  for (const std::int64_t no : assignment.leaving) {
    const auto place = places_.find(no);
    if (place == places_.end()) {
      unseen.insert(no);
    } else if (!place->second.leaving) {
      place->second.leaving = true;
      revoking.partitions.push_back(place->second.name);
    }
  }
  if (!unseen.empty()) ReleasePartitions(*db_, shared_, member_, unseen);
  if (revoking.partitions.empty()) return std::nullopt;
  return Polled(std::move(revoking));
}

std::optional<Polled> EmbeddedReader::Assign(const GroupAssignment& assignment) {
  Assigned assigned;
  for (const std::int64_t no : assignment.kept) {
    if (places_.contains(no)) continue;
    const auto next = CommittedNext(*db_, member_.group, no);
    AddPlace(no, next ? *next : Bounds(*db_, no).start);
    assigned.partitions.push_back(names_[no]);
  }
  if (assigned.partitions.empty()) return std::nullopt;
  // A commit under this generation is good for what it assigns.
  generation_ = assignment.generation;
  assignment_seen_ = false;
  return Polled(std::move(assigned));
}

Status EmbeddedReader::ReleaseRevoked() {
  std::set<std::int64_t> released;
  for (const auto& [no, place] : places_) {
    if (place.leaving) released.insert(no);
  }
  if (released.empty()) return {};
  return Guarded([&]() -> Status {
    ReleasePartitions(*db_, shared_, member_, released);
    for (const std::int64_t no : released) places_.erase(no);
    assignment_seen_ = false;
    return {};
  });
}

std::vector<Record> EmbeddedReader::Fetch(std::size_t max) {
  std::vector<Record> records;
  std::size_t bytes_left = kPollBytesMax;
  const ReadTransaction snapshot(*db_);
  auto it = places_.lower_bound(next_no_);
  for (std::size_t i = 0; i < places_.size(); ++i, ++it) {
    if (it == places_.end()) it = places_.begin();
    Place& place = it->second;
    if (place.paused || place.leaving) continue;
    const std::size_t bytes =
        FetchFrom(it->first, place, max - records.size(), bytes_left, records);
    bytes_left -= std::min(bytes_left, bytes);
    if (records.size() >= max || bytes_left == 0) {
      next_no_ = it->first + 1;
      return records;
    }
  }
  caught_up_ = true;
  return records;
}

// Gives the bytes read. Where a record is no more (trimmed, compacted), the position passes over
// it: it reaches the end even if the last records are gone.
std::size_t EmbeddedReader::FetchFrom(std::int64_t no, Place& place, std::size_t max,
                                      std::size_t bytes_left, std::vector<Record>& out) {
  const PartitionBounds bounds = Bounds(*db_, no);
  place.position = std::max(place.position, bounds.start);
  if (place.position >= bounds.end || max == 0) return 0;
  Query rows = db_->Sql(place.select);
  rows.Bind(place.position, static_cast<std::int64_t>(max));
  std::size_t bytes = 0;
  for (std::size_t count = 0; count < max && bytes < bytes_left; ++count) {
    if (!rows.Step()) {
      place.position = bounds.end;
      return bytes;
    }
    Record& record = out.emplace_back();
    record.partition = place.name.partition;
    record.offset = rows.Int(0);
    record.timestamp = rows.Int(1);
    record.key = rows.Bytes(2);
    if (!rows.Null(3)) record.value.emplace(rows.Bytes(3));
    bytes += record.key.size() + (record.value ? record.value->size() : 0);
    place.position = record.offset + 1;
  }
  return bytes;
}

Result<std::int64_t> EmbeddedReader::Position(const TopicPartition& partition) {
  const Place* place = Find(partition);
  if (place == nullptr) return NotFound("This reader does not have " + NameOf(partition) + ".");
  return place->position;
}

Status EmbeddedReader::Seek(const TopicPartition& partition, std::int64_t offset) {
  Place* place = Find(partition);
  if (place == nullptr) return NotFound("This reader does not have " + NameOf(partition) + ".");
  if (offset < 0) {
    return Invalid("There is no offset " + std::to_string(offset) + " to seek to in " +
                   NameOf(partition) + ".");
  }
  place->position = offset;
  caught_up_ = false;
  return {};
}

void EmbeddedReader::Pause(const TopicPartition& partition) {
  if (Place* place = Find(partition)) place->paused = true;
}

void EmbeddedReader::Resume(const TopicPartition& partition) {
  if (Place* place = Find(partition)) place->paused = false;
  caught_up_ = false;
}

Result<std::optional<std::int64_t>> EmbeddedReader::Committed(const TopicPartition& partition) {
  return Guarded([&]() -> Result<std::optional<std::int64_t>> {
    const auto no = FindPartitionNo(*db_, shared_, partition);
    if (!no) return no.error();
    if (member_.group.empty()) return std::optional<std::int64_t>();
    return CommittedNext(*db_, member_.group, *no);
  });
}

GroupMetadata EmbeddedReader::Group() const {
  return {member_.group, member_.member, std::max<std::int64_t>(generation_, 0)};
}

}  // namespace latecomer
