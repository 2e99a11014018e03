#include "ingest/source_coverage.h"

#include <algorithm>
#include <charconv>

namespace latecomer {
namespace {

constexpr std::string_view kPrefix = "coverage ";
constexpr std::string_view kVersion = "v1 ";
constexpr std::size_t kWhyBytesMax = 300;

bool TakeTime(std::string_view& text, TimeMs& to) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  if (error != std::errc() || end == text.data() + text.size() || *end != ' ') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return to >= kTimeMsMin && to <= kTimeMsMax;
}

}  // namespace

Status SourceCoverage::Restore(const Cursors& cursors) {
  held_.clear();
  for (auto cursor = cursors.lower_bound(kPrefix);
       cursor != cursors.end() && cursor->first.starts_with(kPrefix); ++cursor) {
    std::string_view text = cursor->second;
    Held held;
    bool fine = text.starts_with(kVersion);
    if (fine) text.remove_prefix(kVersion.size());
    fine = fine && TakeTime(text, held.from) && TakeTime(text, held.to) && held.from <= held.to;
    if (!fine) return Corrupt("the cursor \"" + cursor->first + "\" cannot be read");
    held.why = text;
    held_.emplace(cursor->first.substr(kPrefix.size()), std::move(held));
  }
  return {};
}

Status SourceCoverage::Missing(PostBatch& batch, const std::string& hashtag, TimeMs from, TimeMs to,
                               std::string why) {
  if (why.empty()) return Invalid("coverage that is not whole needs a reason");
  why.resize(std::min(why.size(), kWhyBytesMax));
  return Add(batch, hashtag, from, to, std::move(why));
}

Status SourceCoverage::Write(PostBatch& batch, const std::string& hashtag, const Held& held) const {
  if (held.from == held.to) return {};
  Coverage coverage;
  coverage.source = source_;
  coverage.from = held.from;
  coverage.to = held.to;
  coverage.complete = held.why.empty();
  coverage.why = held.why;
  return batch.Add(hashtag, PostsValue(std::move(coverage)));
}

Status SourceCoverage::Add(PostBatch& batch, const std::string& hashtag, TimeMs from, TimeMs to,
                           std::string why) {
  from = std::clamp(from, kTimeMsMin, kTimeMsMax);
  to = std::clamp(to, kTimeMsMin, kTimeMsMax);
  if (from >= to) return {};
  const auto [which, is_new] = held_.try_emplace(hashtag, Held{from, to, why});
  Held& held = which->second;
  const bool continues = held.why == why && from <= held.to && to >= held.from;
  if (!is_new && !continues) {
    if (Status written = Write(batch, hashtag, held); !written) return written;
    held = {from, to, std::move(why)};
  } else {
    held.from = std::min(held.from, from);
    held.to = std::max(held.to, to);
  }
  if (held.to - held.from >= kHeldBackMost.count()) {
    if (Status written = Write(batch, hashtag, held); !written) return written;
    held.from = held.to;  // what comes next continues there
  }
  return batch.MoveCursor(std::string(kPrefix) + hashtag,
                          std::string(kVersion) + std::to_string(held.from) + ' ' +
                              std::to_string(held.to) + ' ' + held.why);
}

Status SourceCoverage::Flush(PostBatch& batch) {
  for (const auto& [hashtag, held] : held_) {
    if (Status written = Write(batch, hashtag, held); !written) return written;
    if (Status moved = batch.DeleteCursor(std::string(kPrefix) + hashtag); !moved) return moved;
  }
  held_.clear();
  return {};
}

}  // namespace latecomer
