#include "store/batch_fold.h"

#include <string>
#include <unordered_map>

#include "model/timeline_record_json.h"

namespace latecomer {

std::vector<const SequencedRecord*> FoldBatch(std::span<const SequencedRecord> records) {
  std::unordered_map<std::string, std::size_t> last;  // key -> where it stands in `out`
  last.reserve(records.size());
  std::vector<const SequencedRecord*> out;
  out.reserve(records.size());
  std::string key;
  for (const SequencedRecord& record : records) {
    // A deletion whose post has no time yet is a note of the processor's: no row comes of it, and
    // it never follows one.
    const auto* entry = std::get_if<EntryRecord>(&record.record.body);
    if (entry != nullptr && entry->unpublished) continue;
    key.clear();
    AppendTimelineKey(key, record.record);
    const auto [it, is_new] = last.try_emplace(key, out.size());
    if (!is_new) {
      out[it->second] = nullptr;
      it->second = out.size();
    }
    out.push_back(&record);
  }
  std::erase(out, nullptr);
  return out;
}

}  // namespace latecomer
