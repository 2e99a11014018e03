#include "app/migration_compare.h"

#include <xxhash.h>

#include <map>
#include <string>
#include <vector>

#include "app/migration_feed.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr char kWhat[] = "comparing";

std::uint64_t HashOf(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::uint64_t HashOf(const std::string& key, const std::optional<std::string>& value) {
  const std::uint64_t of_key = HashOf(key, value ? 1 : 2);
  return value ? HashOf(*value, of_key) : of_key;
}

class Comparison {
 public:
  Comparison(Stream& from, Stream& to, const MigrationPlan& plan,
             const std::function<void(const char*, std::uint64_t, std::uint64_t)>& progress,
             const std::stop_token& stop)
      : from_(from), to_(to), plan_(plan), progress_(progress), stop_(stop) {}

  Status Run() {
    Result<MigrationSource> there = WithPatience(stop_, [&] { return LookAtSource(to_); });
    if (!there) return there.error();
    there_ = std::move(*there);
    total_ = OffsetsToCopy(plan_.source) + OffsetsToCopy(there_);
    if (Status read = ReadSource(); !read) return read;
    for (const auto& [partition, place] : there_.places) {
      if (Status same = ComparePartition(partition, place); !same) return same;
      passed_ += static_cast<std::uint64_t>(place.end - place.start);
      progress_(kWhat, passed_, total_);
    }
    return {};
  }

 private:
  Status ReadSource() {
    MigrationFeed feed(from_, plan_, {});
    MigrationChunk chunk;
    while (chunk.after.phase < MigrationPhase::kCopied) {
      if (Status fed = feed.Next(chunk, stop_); !fed) return fed;
      for (const MigrationRecord& record : chunk.records) {
        const TopicPartition of{record.topic, record.partition};
        expected_[of].push_back(HashOf(record.key, record.value));
        if (record.phase == MigrationPhase::kProcessed) ++processed_[of];
      }
      passed_ = feed.Passed();
      progress_(kWhat, passed_, total_);
    }
    return {};
  }

  // A log of records that hold has nothing to be compacted but what the migration itself wrote.
  Status ComparePartition(const TopicPartition& partition, const MigrationSource::Place& place) {
    const std::vector<std::uint64_t>& expected = expected_[partition];
    std::size_t read = 0;
    std::uint64_t processed = 0;
    PartitionReader reader(to_, partition, place.start, place.end);
    while (true) {
      Result<std::optional<Record>> next = reader.Next(stop_);
      if (!next) return next.error();
      if (!*next) break;
      const Record& record = **next;
      if (partition.topic == kCursorsTopic && record.key == kMigrationKey) continue;
      if (read >= expected.size() || HashOf(record.key, record.value) != expected[read]) {
        return Difference(partition, "offset " + std::to_string(record.offset) + ", key \"" +
                                         record.key + "\", is not the source's record " +
                                         std::to_string(read));
      }
      ++read;
      if (record.offset < place.committed) ++processed;
    }
    if (read != expected.size()) {
      return Difference(partition, std::to_string(read) + " records, and " +
                                       std::to_string(expected.size()) + " in the source");
    }
    if (partition.topic == kPostsTopic && processed != processed_[partition]) {
      return Difference(partition, std::to_string(processed) + " records are processed, and " +
                                       std::to_string(processed_[partition]) + " in the source");
    }
    return {};
  }

  static Error Difference(const TopicPartition& partition, const std::string& what) {
    return Conflict("the destination differs from the source in partition " +
                    std::to_string(partition.partition) + " of " + partition.topic + ": " + what +
                    "; if a daemon has worked on the destination meanwhile, that is why");
  }

  Stream& from_;
  Stream& to_;
  const MigrationPlan& plan_;
  const std::function<void(const char*, std::uint64_t, std::uint64_t)>& progress_;
  const std::stop_token& stop_;
  MigrationSource there_;
  std::uint64_t passed_ = 0;
  std::uint64_t total_ = 0;
  std::map<TopicPartition, std::vector<std::uint64_t>> expected_;  // hashes, in order
  std::map<TopicPartition, std::uint64_t> processed_;
};

}  // namespace

Status CompareLogs(Stream& from, Stream& to, const MigrationPlan& plan,
                   const std::function<void(const char*, std::uint64_t, std::uint64_t)>& progress,
                   const std::stop_token& stop) {
  return Comparison(from, to, plan, progress, stop).Run();
}

}  // namespace latecomer
