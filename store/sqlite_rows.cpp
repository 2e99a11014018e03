#include "store/sqlite_rows.h"

#include "model/timeline_record_json.h"

namespace latecomer {

std::string JoinIds(const std::vector<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) {
    if (id.empty() || id.find('\n') != std::string::npos) {
      throw SqliteError(Corrupt("A timelines record names an id that is empty or has a line end."));
    }
    if (!out.empty()) out += '\n';
    out += id;
  }
  return out;
}

std::vector<std::string> SplitIds(std::string_view joined) {
  std::vector<std::string> out;
  while (!joined.empty()) {
    const std::size_t end = joined.find('\n');
    out.emplace_back(joined.substr(0, end));
    if (end == std::string_view::npos) break;
    joined.remove_prefix(end + 1);
  }
  return out;
}

std::string CoverageToColumn(const CoverageRecord& coverage) {
  std::string out;
  AppendTimelineValue(out, TimelineRecord{{}, {}, coverage});
  return out;
}

CoverageRecord CoverageFromColumn(std::string_view source, std::string_view value) {
  const std::string key = "- coverage " + std::string(source);
  Result<TimelineRecord> record = ReadTimelineRecord(key, value, ReadContentToo::kNo);
  if (!record) throw SqliteError(record.error());
  return std::get<CoverageRecord>(std::move(record->body));
}

EntryRecord EntryFromRow(const SqliteStatement& row) {
  EntryRecord entry;
  entry.id = row.Text(1);
  entry.n = row.Int(2);
  entry.tree = row.Int(3);
  entry.published = row.Int(4);
  entry.parents = SplitIds(row.View(5));
  entry.contexts = SplitIds(row.View(6));
  entry.root = row.Int(7) != 0;
  entry.via = row.Int(8) != 0 ? Via::kThread : Via::kTag;
  entry.author = row.Text(9);
  entry.authors = SplitIds(row.View(10));
  entry.deleted = row.Int(11) != 0;
  entry.deleted_at = row.OptionalInt(12);
  entry.stamp = row.Int(13);
  entry.digest = DigestFromColumn(row.Int(14));
  return entry;
}

}  // namespace latecomer
