#include "app/migration_stores.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "app/stored_contents.h"
#include "model/timeline_json.h"
#include "model/utf8.h"
#include "sink/sink_loop.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr std::chrono::milliseconds kLook{50};
constexpr std::size_t kShownBytes = 300;  // of a line that differs

using Ends = std::map<std::int32_t, std::int64_t>;

// Of the partitions that hold something.
Result<Ends> EndsOfTimelines(Stream& stream) {
  Result<std::int32_t> count = stream.PartitionCount(kTimelinesTopic);
  if (!count) return count.error();
  Ends ends;
  for (std::int32_t p = 0; p < *count; ++p) {
    Result<std::int64_t> end = stream.EndOffset({kTimelinesTopic, p});
    if (!end) return end.error();
    if (*end > 0) ends[p] = *end;
  }
  return ends;
}

// The offsets that are stored, up to the ends.
std::uint64_t Stored(const Ends& ends, const Ends& next) {
  std::uint64_t sum = 0;
  for (const auto& [partition, end] : ends) {
    const auto found = next.find(partition);
    if (found != next.end()) sum += static_cast<std::uint64_t>(std::min(found->second, end));
  }
  return sum;
}

Result<Ends> StoredPositions(Stream& stream, TimelineWriteStore& store) {
  Result<std::string> topic_id = stream.TopicId(kTimelinesTopic);
  if (!topic_id) return topic_id.error();
  Result<std::vector<SinkPosition>> positions = store.Positions();
  if (!positions) return positions.error();
  Ends next;
  for (const SinkPosition& position : *positions) {
    if (position.topic_id == *topic_id && !position.rebuilding) {
      next[position.partition] = position.next;
    }
  }
  return next;
}

// Waits until the sink has stored all; the stall is what others hold, or a server that is away.
Status WaitForSink(const SinkLoop& loop, const Ends& ends, const std::atomic<bool>& ended,
                   const MigrationProgress& progress, const std::stop_token& stop) {
  std::uint64_t total = 0;
  for (const auto& [partition, end] : ends) total += static_cast<std::uint64_t>(end);
  std::uint64_t stored = 0;
  auto moved_at = std::chrono::steady_clock::now();
  while (!ended) {
    const std::uint64_t now = Stored(ends, loop.NextOffsets());
    if (now == total) return {};
    if (now != stored) moved_at = std::chrono::steady_clock::now();
    stored = now;
    progress("filling the store", stored, total);
    if (std::chrono::steady_clock::now() - moved_at > 2 * kMigrationPatience) {
      return RetryLater(
          "the store gets no further: a sink that still runs holds its part of the "
          "timelines, or broker or database are away");
    }
    if (!WaitUnlessStopped(kLook, stop)) return RetryLater("stopped");
  }
  return {};
}

}  // namespace

Status CheckStoreIsFree(Stream& stream, TimelineWriteStore& store, const std::string& name,
                        bool resumed, const std::stop_token& stop) {
  return WithPatience(stop, [&]() -> Status {
    Result<std::string> topic_id = stream.TopicId(kTimelinesTopic);
    if (!topic_id) return topic_id.error();
    Result<std::vector<SinkPosition>> positions = store.Positions();
    if (!positions) return positions.error();
    for (const SinkPosition& position : *positions) {
      if (resumed && position.topic_id == *topic_id) continue;
      return Conflict("the store of " + name +
                      " holds timelines already: name an empty one (a directory of its own, or a "
                      "new database)");
    }
    return {};
  });
}

Status CatchUpStore(Stream& stream, TimelineWriteStore& store, const std::string& instance,
                    const MigrationProgress& progress, const std::stop_token& stop) {
  Result<Ends> ends = WithPatience(stop, [&] { return EndsOfTimelines(stream); });
  if (!ends) return ends.error();
  Result<Ends> next = WithPatience(stop, [&] { return StoredPositions(stream, store); });
  if (!next) return next.error();
  if (Stored(*ends, *next) == Stored(*ends, *ends)) return {};
  SinkSettings settings;
  settings.instance = instance;
  SinkLoop loop(stream, store, settings);
  Status failed;
  std::atomic<bool> ended = false;
  std::jthread thread([&](std::stop_token asked) {
    failed = loop.Run(std::move(asked));
    ended = true;
  });
  const Status waited = WaitForSink(loop, *ends, ended, progress, stop);
  thread.request_stop();
  thread.join();
  return failed ? waited : failed;
}

namespace {

// A hashtag's timeline in one of the stores.
class StoredTimeline {
 public:
  // kNotFound: it is not there.
  static Result<std::unique_ptr<StoredTimeline>> Read(TimelineReadStore& store,
                                                      const std::string& hashtag) {
    Result<TimelineSnapshot> snapshot = store.Snapshot(hashtag);
    if (!snapshot) return snapshot.error();
    return std::unique_ptr<StoredTimeline>(new StoredTimeline(store, std::move(*snapshot)));
  }

  // The lines, with the whole content in place of the text, which follows from it.
  Status ForEachLine(std::int64_t gap_ms, const LineSink& visit) {
    StoredContents contents(store_, timeline_);
    WriteTimelineJson(
        timeline_, gap_ms, kNone, [&](const TimelineEntry& entry) { return contents.Of(entry); },
        visit);
    return contents.status();
  }
  const std::vector<RepostRecord>& reposts() const { return reposts_; }
  const std::vector<CoverageRecord>& coverage() const { return coverage_; }
  std::size_t entries() const { return timeline_.entries().size(); }

 private:
  StoredTimeline(TimelineReadStore& store, TimelineSnapshot snapshot)
      : store_(store),
        coverage_(std::move(snapshot.coverage)),
        reposts_(snapshot.parts.reposts),
        timeline_(std::move(snapshot.parts)) {
    std::sort(reposts_.begin(), reposts_.end(),
              [](const RepostRecord& a, const RepostRecord& b) { return a.id < b.id; });
    std::sort(coverage_.begin(), coverage_.end(),
              [](const CoverageRecord& a, const CoverageRecord& b) { return a.source < b.source; });
  }

  TimelineReadStore& store_;
  std::vector<CoverageRecord> coverage_;
  std::vector<RepostRecord> reposts_;
  Timeline timeline_;
};

Error Difference(const std::string& hashtag, const std::string& what) {
  return Conflict("the stores differ under #" + hashtag + ": " + what);
}

// Of one side the lines' hashes are kept; where they differ, the line is written once more.
Status CompareTimelines(const std::string& hashtag, StoredTimeline& from, StoredTimeline& to,
                        std::int64_t gap_ms) {
  std::vector<std::size_t> hashes;
  Status read = from.ForEachLine(gap_ms, [&](std::string_view line) {
    hashes.push_back(std::hash<std::string_view>()(line));
  });
  if (!read) return read;
  std::size_t number = 0;
  std::optional<std::size_t> differs;
  std::string shown;
  read = to.ForEachLine(gap_ms, [&](std::string_view line) {
    const bool same =
        number < hashes.size() && std::hash<std::string_view>()(line) == hashes[number];
    if (!same && !differs) {
      differs = number;
      shown = Sample(line, kShownBytes);
    }
    ++number;
  });
  if (!read) return read;
  if (!differs && number != hashes.size()) differs = number;
  if (!differs) return {};
  std::string expected = "nothing";
  std::size_t at = 0;
  read = from.ForEachLine(gap_ms, [&](std::string_view line) {
    if (at++ == *differs) expected = Sample(line, kShownBytes);
  });
  if (!read) return read;
  return Difference(hashtag, "line " + std::to_string(*differs + 1) + " of the timeline is " +
                                 (shown.empty() ? "missing" : shown) + ", and in the source " +
                                 expected);
}

Status CompareHashtag(const std::string& hashtag, TimelineReadStore& from, TimelineReadStore& to,
                      std::int64_t gap_ms, StoresCompared& counts) {
  Result<std::unique_ptr<StoredTimeline>> old = StoredTimeline::Read(from, hashtag);
  if (!old && old.error().code != ErrorCode::kNotFound) return old.error();
  Result<std::unique_ptr<StoredTimeline>> anew = StoredTimeline::Read(to, hashtag);
  if (!anew && anew.error().code != ErrorCode::kNotFound) return anew.error();
  if (!old && !anew) return {};
  if (!old) return Difference(hashtag, "it is not in the source");
  if (!anew) return Difference(hashtag, "it is not in the destination");
  if (Status same = CompareTimelines(hashtag, **old, **anew, gap_ms); !same) return same;
  if ((*old)->reposts() != (*anew)->reposts()) return Difference(hashtag, "its reposts");
  if ((*old)->coverage() != (*anew)->coverage()) return Difference(hashtag, "its coverage");
  ++counts.hashtags;
  counts.entries += (*old)->entries();
  counts.reposts += (*old)->reposts().size();
  return {};
}

Result<std::set<std::string>> HashtagsOf(TimelineReadStore& store, const std::stop_token& stop) {
  Result<std::vector<HashtagSummary>> summaries =
      WithPatience(stop, [&] { return store.Hashtags(); });
  if (!summaries) return summaries.error();
  std::set<std::string> hashtags;
  for (const HashtagSummary& summary : *summaries) hashtags.insert(summary.hashtag);
  return hashtags;
}

}  // namespace

Result<StoresCompared> CompareStores(TimelineReadStore& from, TimelineReadStore& to,
                                     const std::function<std::int64_t(const std::string&)>& gap_ms,
                                     const MigrationProgress& progress,
                                     const std::stop_token& stop) {
  Result<std::set<std::string>> hashtags = HashtagsOf(from, stop);
  if (!hashtags) return hashtags.error();
  Result<std::set<std::string>> others = HashtagsOf(to, stop);
  if (!others) return others.error();
  hashtags->merge(*others);
  StoresCompared counts;
  std::uint64_t done = 0;
  for (const std::string& hashtag : *hashtags) {
    progress("comparing the stores", done++, hashtags->size());
    if (stop.stop_requested()) return RetryLater("stopped");
    Status same = WithPatience(
        stop, [&] { return CompareHashtag(hashtag, from, to, gap_ms(hashtag), counts); });
    if (!same) return same.error();
  }
  return counts;
}

}  // namespace latecomer
