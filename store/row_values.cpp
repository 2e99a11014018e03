#include "store/row_values.h"

#include <random>

#include "model/timeline_record_json.h"
#include "store/store_error.h"

namespace latecomer {

std::string JoinIds(const std::vector<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) {
    if (id.empty() || id.find('\n') != std::string::npos) {
      throw StoreError(Corrupt("A timelines record names an id that is empty or has a line end."));
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
  if (!record) throw StoreError(record.error());
  return std::get<CoverageRecord>(std::move(record->body));
}

std::string RandomUuid() {
  constexpr char kHex[] = "0123456789abcdef";
  std::random_device random;
  std::string out;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) out += '-';
    unsigned nibble = random() & 15U;
    if (i == 12) nibble = 4;
    if (i == 16) nibble = 8 | (nibble & 3U);
    out += kHex[nibble];
  }
  return out;
}

}  // namespace latecomer
