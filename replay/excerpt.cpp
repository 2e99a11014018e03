#include "replay/excerpt.h"

#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <vector>

namespace latecomer {
namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
// A cut does not go back further than this to find a blank: scripts without blanks are cut as they
// are.
constexpr std::size_t kWordPointsMax = 24;

std::vector<UChar32> CodePoints(std::string_view text) {
  const icu::UnicodeString utf16 = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
  std::vector<UChar32> points;
  points.reserve(static_cast<std::size_t>(utf16.length()));
  for (std::int32_t i = 0; i < utf16.length(); i = utf16.moveIndex32(i, 1)) {
    const UChar32 c = utf16.char32At(i);
    if (u_isUWhiteSpace(c) != 0) {
      if (!points.empty() && points.back() != ' ') points.push_back(' ');
    } else {
      points.push_back(c);
    }
  }
  if (!points.empty() && points.back() == ' ') points.pop_back();
  return points;
}

std::string Cut(const std::vector<UChar32>& points, std::size_t begin, std::size_t points_max) {
  std::size_t end = std::min(points.size(), begin + points_max);
  if (end < points.size()) {
    const std::size_t back_max = std::min(kWordPointsMax, (end - begin) / 2);
    for (std::size_t back = 0; back <= back_max; ++back) {
      if (points[end - back] != ' ') continue;
      end -= back;
      break;
    }
  }
  std::string out;
  if (begin > 0) out += kEllipsis;
  icu::UnicodeString::fromUTF32(points.data() + begin, static_cast<std::int32_t>(end - begin))
      .toUTF8String(out);
  if (end < points.size()) out += kEllipsis;
  return out;
}

std::vector<UChar32> Folded(std::vector<UChar32> points) {
  for (UChar32& c : points) c = u_foldCase(c, U_FOLD_CASE_DEFAULT);
  return points;
}

}  // namespace

std::string FirstWords(std::string_view text, std::size_t points_max) {
  return Cut(CodePoints(text), 0, points_max);
}

std::string Snippet(std::string_view text, std::string_view query, std::size_t points_max) {
  const std::vector<UChar32> points = CodePoints(text);
  const std::vector<UChar32> folded = Folded(points);
  const std::vector<UChar32> words = Folded(CodePoints(query));
  std::size_t found = 0;
  for (auto word = words.begin(); word != words.end();) {
    const auto end = std::find(word, words.end(), ' ');
    const auto at = std::search(folded.begin(), folded.end(), word, end);
    if (at != folded.end()) {
      found = static_cast<std::size_t>(at - folded.begin());
      break;
    }
    word = end == words.end() ? end : end + 1;
  }
  if (points.size() <= points_max || found < points_max / 2) return Cut(points, 0, points_max);
  std::size_t begin = std::min(found - points_max / 3, points.size() - points_max);
  for (std::size_t i = begin; i < std::min(begin + kWordPointsMax, found); ++i) {
    if (points[i] != ' ') continue;
    begin = i + 1;
    break;
  }
  return Cut(points, begin, points_max);
}

}  // namespace latecomer
