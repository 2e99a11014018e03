// Records of `timelines`, key and value with a line feed between: what is read is written and read
// again the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "model/timeline_record_json.h"
#include "model/utf8.h"

using latecomer::ReadContentToo;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t at = text.find('\n');
  if (at == std::string_view::npos) return 0;
  const std::string_view key = text.substr(0, at);
  const std::string_view value = text.substr(at + 1);
  const auto record = latecomer::ReadTimelineRecord(key, value, ReadContentToo::kYes);
  const auto without = latecomer::ReadTimelineRecord(key, value, ReadContentToo::kNo);
  if (static_cast<bool>(record) != static_cast<bool>(without)) std::abort();
  // Strings are taken as they stand; only valid ones can be written.
  if (!record || !latecomer::IsValidUtf8(text)) return 0;
  std::string key_again;
  std::string value_again;
  latecomer::AppendTimelineKey(key_again, *record);
  if (!latecomer::AppendTimelineValue(value_again, *record)) std::abort();
  if (!latecomer::ReadTimelineRecord(key_again, value_again, ReadContentToo::kNo)) std::abort();
  return 0;
}
