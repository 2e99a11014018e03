#include "ingest/x_api_positions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace latecomer {
namespace {

constexpr std::string_view kVersion = "v1";

std::string KeyOf(const std::string& hashtag) { return "tag " + hashtag; }

std::string_view NextWord(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

bool ReadTime(std::string_view& text, TimeMs& to) {
  const std::string_view word = NextWord(text);
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), to);
  return error == std::errc() && !word.empty() && end == word.data() + word.size();
}

bool ReadPosition(std::string_view text, XPosition& to) {
  if (!ReadTime(text, to.from) || !ReadTime(text, to.upto)) return false;
  while (!text.empty()) {
    XStretch gap;
    if (!ReadTime(text, gap.from) || !ReadTime(text, gap.to) || !ReadTime(text, gap.top)) {
      return false;
    }
    to.gaps.push_back(gap);
  }
  return to.gaps.size() <= XPositions::kGapsMax;
}

}  // namespace

std::string XPositions::NamesOf(const FollowedHashtag& hashtag) {
  std::vector<std::string> names = hashtag.aliases;
  names.push_back(hashtag.hashtag);
  std::sort(names.begin(), names.end());
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const std::string& name : names) {
    for (const char c : name + " ") {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
  }
  std::array<char, 17> hex{};
  const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), hash, 16).ptr;
  std::string text(hex.data(), end);
  return std::string(16 - text.size(), '0') + text;
}

Status XPositions::Restore(const SourceSpec& spec, const Cursors& cursors) {
  for (const FollowedHashtag& hashtag : spec.hashtags) {
    const std::string& names = names_[hashtag.hashtag] = NamesOf(hashtag);
    const auto cursor = cursors.find(KeyOf(hashtag.hashtag));
    if (cursor == cursors.end()) continue;
    std::string_view text = cursor->second;
    XPosition position;
    const bool is_known = NextWord(text) == kVersion;
    const bool is_same = NextWord(text) == names;
    if (!is_known || !ReadPosition(text, position)) {
      return Corrupt("the cursor \"" + cursor->first + "\" cannot be read");
    }
    if (is_same) positions_[hashtag.hashtag] = std::move(position);
  }
  return {};
}

XPosition* XPositions::Find(const std::string& hashtag) {
  const auto found = positions_.find(hashtag);
  return found == positions_.end() ? nullptr : &found->second;
}

Status XPositions::Save(PostBatch& batch, const std::string& hashtag) const {
  const XPosition& position = positions_.at(hashtag);
  std::string value(kVersion);
  value += ' ' + names_.at(hashtag);
  value += ' ' + std::to_string(position.from) + ' ' + std::to_string(position.upto);
  for (const XStretch& gap : position.gaps) {
    value += ' ' + std::to_string(gap.from) + ' ' + std::to_string(gap.to) + ' ' +
             std::to_string(gap.top);
  }
  return batch.MoveCursor(KeyOf(hashtag), value);
}

void XPositions::AddGap(XPosition& position, const XStretch& gap) {
  std::vector<XStretch>& gaps = position.gaps;
  if (gaps.size() >= kGapsMax) {
    XStretch& newer = gaps[gaps.size() - 2];
    newer.from = std::min(newer.from, gaps.back().from);
    newer.to = std::max(newer.to, gaps.back().to);
    newer.top = std::max(newer.top, gaps.back().top);
    gaps.pop_back();
  }
  gaps.insert(gaps.begin(), gap);
}

std::string XPositions::WithGap(const std::string& after) const {
  const auto has = [](const auto& entry) { return !entry.second.gaps.empty(); };
  auto found = std::find_if(positions_.upper_bound(after), positions_.end(), has);
  if (found == positions_.end()) found = std::find_if(positions_.begin(), positions_.end(), has);
  return found == positions_.end() ? std::string() : found->first;
}

std::size_t XPositions::CountGaps() const {
  std::size_t count = 0;
  for (const auto& [hashtag, position] : positions_) count += position.gaps.size();
  return count;
}

}  // namespace latecomer
