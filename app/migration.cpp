#include "app/migration.h"

#include <vector>

#include "app/migration_compare.h"
#include "base/log.h"
#include "ingest/cursor_store.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr char kTransactionalId[] = "latecomer-migrate";
constexpr int kConflictsMax = 5;  // of one batch: that many are not a broker's bad moment

std::string Advice(const std::string& from) {
  return "make the destination empty (a directory of its own, another `prefix`, or the topics and "
         "the database deleted) and migrate " +
         from + " again";
}

// Offsets alone do not tell: aborted records and the ends of transactions take some too.
Result<bool> HoldsRecords(Stream& stream, const TopicPartition& partition,
                          const MigrationSource::Place& place, const std::stop_token& stop) {
  PartitionReader reader(stream, partition, place.start, place.end);
  Result<std::optional<Record>> record = reader.Next(stop);
  if (!record) return record.error();
  return record->has_value();
}

}  // namespace

Migration::Migration(Stream& from, Stream& to, MigrationOptions options, MigrationProgress progress)
    : from_(from), to_(to), options_(std::move(options)), progress_(std::move(progress)) {}

Migration::~Migration() = default;

std::int32_t Migration::from_partitions() const { return source_.Partitions(kPostsTopic); }

Result<std::optional<MigrationState>> ReadMigrationOf(Stream& stream) {
  Result<std::optional<std::string>> json = ReadCursor(stream, kMigrationSource, kMigrationKey);
  if (!json) return json.error();
  if (!*json) return std::optional<MigrationState>();
  Result<MigrationState> state = ReadMigrationState(**json);
  if (!state) return state.error();
  return std::optional<MigrationState>(std::move(*state));
}

Status RefuseUnfinishedMigration(Stream& stream) {
  Result<std::optional<MigrationState>> state = ReadMigrationOf(stream);
  if (!state) return state.error();
  if (!*state || (*state)->at.phase == MigrationPhase::kFinished) return {};
  return Conflict("the migration of " + (*state)->from +
                  " into this stream is not finished: run that `latecomer migrate` again first");
}

Status Migration::Prepare(const std::stop_token& stop) {
  Result<MigrationSource> source = WithPatience(stop, [&] { return LookAtSource(from_); });
  if (!source) {
    if (source.error().code != ErrorCode::kNotFound) return source.error();
    return NotFound(options_.from_name +
                    " holds no stream of Latecomer: " + source.error().message);
  }
  source_ = std::move(*source);
  if (Status whole = WithPatience(stop, [&] { return RefuseUnfinishedMigration(from_); }); !whole) {
    return whole;
  }
  const auto made = WithPatience(stop, [&] { return EnsureTopics(to_, options_.partitions); });
  if (!made) return made;
  Result<std::optional<MigrationState>> begun =
      WithPatience(stop, [&] { return ReadMigrationOf(to_); });
  if (!begun) return begun.error();
  if (!*begun) {
    state_.from = options_.from_name;
    state_.source = source_.id;
    state_.state = source_.state;
    return CheckDestination(stop);
  }
  state_ = std::move(**begun);
  resumed_ = true;
  if (state_.source != source_.id) {
    return Conflict(options_.to_name + " holds a migration of another source, " + state_.from +
                    ": " + Advice(options_.from_name));
  }
  if (state_.state == source_.state) return {};
  return Conflict(options_.from_name + " has changed since its migration into " + options_.to_name +
                  (is_done() ? " was finished: " : " was begun: ") + Advice("it"));
}

Status Migration::CheckDestination(const std::stop_token& stop) {
  Result<MigrationSource> there = WithPatience(stop, [&] { return LookAtSource(to_); });
  if (!there) return there.error();
  for (const auto& [partition, place] : there->places) {
    Result<bool> holds = HoldsRecords(to_, partition, place, stop);
    if (!holds) return holds.error();
    if (*holds) {
      return Conflict(options_.to_name + " is not empty: there are records in " + partition.topic +
                      ", partition " + std::to_string(partition.partition) + "; " +
                      Advice(options_.from_name));
    }
  }
  return {};
}

Status Migration::CheckSource(const std::stop_token& stop) {
  Result<MigrationSource> now = WithPatience(stop, [&] { return LookAtSource(from_); });
  if (!now) return now.error();
  if (now->id == source_.id && now->state == source_.state) return {};
  return Conflict(options_.from_name +
                  " is written to while it is migrated: stop all daemons that use it; then " +
                  Advice("it"));
}

Status Migration::Plan(const std::stop_token& stop) {
  if (plan_) return {};
  const std::uint64_t total = offsets();
  Result<MigrationPlan> plan = PlanMigration(
      from_, options_.partitions,
      [&](std::uint64_t passed) { progress_("reading the source", passed, total); }, stop);
  if (!plan) return plan.error();
  if (plan->source.id != source_.id || plan->source.state != source_.state) {
    return CheckSource(stop);
  }
  if (!state_.plan.empty() && state_.plan != plan->digest) {
    return Conflict(options_.from_name +
                    " is no longer what it was when its migration was begun, though nothing was "
                    "added: " +
                    Advice("it"));
  }
  plan_ = std::move(*plan);
  state_.plan = plan_->digest;
  return {};
}

Status Migration::Copy(const std::stop_token& stop) {
  if (Status planned = Plan(stop); !planned) return planned;
  if (Status same = CheckSource(stop); !same) return same;
  MigrationFeed feed(from_, *plan_, options_.limits, state_.at, state_.counts);
  MigrationChunk chunk;
  while (state_.at.phase < MigrationPhase::kCopied) {
    progress_("copying", feed.Passed(), offsets());
    if (Status fed = feed.Next(chunk, stop); !fed) return fed;
    if (Status written = Write(chunk, stop); !written) return written;
  }
  return CheckSource(stop);
}

Result<std::optional<MigrationState>> Migration::Load() {
  // The new writer ends what the former one left open: what is read after it is how it stays.
  writer_.reset();
  Result<std::unique_ptr<Writer>> writer = to_.NewWriter(kTransactionalId);
  if (!writer) return writer.error();
  writer_ = std::move(*writer);
  return ReadMigrationOf(to_);
}

// Until it is known that the chunk is there, once.
Status Migration::Write(const MigrationChunk& chunk, const std::stop_token& stop) {
  MigrationState after = state_;
  after.at = chunk.after;
  after.counts = chunk.counts;
  int conflicts = 0;
  const Status written = WithPatience(stop, [&]() -> Status {
    if (!writer_) {
      Result<std::optional<MigrationState>> there = Load();
      if (!there) return there.error();
      if (*there && **there == after) return {};
      const bool as_left = *there ? **there == state_ : state_.at == MigrationPosition();
      if (!as_left) {
        return Fatal("another migration writes to " + options_.to_name + ": let one of them end");
      }
    }
    Status once = WriteOnce(chunk, after);
    if (once) return once;
    writer_.reset();
    // What became of the transaction is seen with the next writer.
    if (once.error().code != ErrorCode::kConflict || ++conflicts == kConflictsMax) return once;
    return RetryLater(once.error().message);
  });
  if (written) state_ = std::move(after);
  return written;
}

Status Migration::WriteOnce(const MigrationChunk& chunk, const MigrationState& after) {
  if (Status begun = writer_->Begin(); !begun) return begun;
  const Status appended = Append(chunk, after);
  if (appended) return writer_->Commit();
  const Status aborted = writer_->Abort();
  if (!aborted) spdlog::debug("migrate: {}", aborted.error().message);
  return appended;
}

Status Migration::Append(const MigrationChunk& chunk, const MigrationState& after) {
  for (const MigrationRecord& record : chunk.records) {
    std::optional<std::string_view> value;
    if (record.value) value = *record.value;
    if (Status s = writer_->Append(record.topic, record.partition, record.key, value); !s) {
      return Error{s.error().code,
                   "key " + record.key + " of " + record.topic + ": " + s.error().message,
                   s.error().retry_after};
    }
  }
  if (chunk.places_processors) {
    GroupMetadata nobody;  // the group has no members yet
    nobody.group = kProcessorGroup;
    for (std::int32_t q = 0; q < options_.partitions; ++q) {
      const TopicPartition posts{kPostsTopic, q};
      Result<std::int64_t> end = to_.EndOffset(posts);
      if (!end) return end.error();
      if (Status s = writer_->SendOffsets(nobody, posts, *end); !s) return s;
    }
  }
  return writer_->Append(kCursorsTopic, PartitionOf(kMigrationSource, options_.partitions),
                         kMigrationKey, MigrationStateJson(after));
}

Status Migration::Compare(const std::stop_token& stop) {
  if (Status planned = Plan(stop); !planned) return planned;
  return CompareLogs(from_, to_, *plan_, progress_, stop);
}

Status Migration::Finish(const std::stop_token& stop) {
  MigrationChunk last;
  last.after = {MigrationPhase::kFinished, 0, 0};
  last.counts = state_.counts;
  if (Status written = Write(last, stop); !written) return written;
  writer_.reset();
  return {};
}

}  // namespace latecomer
