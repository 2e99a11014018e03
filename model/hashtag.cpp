#include "model/hashtag.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <cstdint>

#include "model/code_point.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr int kCodePointsMax = 100;
// Folding lengthens a code point to at most 18 (U+FDFA), so no longer text can be a hashtag, and
// ICU need not see it.
constexpr std::size_t kBytesMax = 64U << 10U;
constexpr std::string_view kFullWidthSign = "\xEF\xBC\x83";  // U+FF03 ＃

Error Wrong(std::string_view text, const std::string& why) {
  return Invalid("hashtag \"" + Sample(text, 120) + "\" " + why);
}

void RemoveSign(std::string_view& text) {
  if (text.starts_with('#')) {
    text.remove_prefix(1);
  } else if (text.starts_with(kFullWidthSign)) {
    text.remove_prefix(kFullWidthSign.size());
  }
}

// Folds into `out` if `name` is printable ASCII that is a hashtag; says whether it was.
bool FoldAscii(std::string_view name, std::string& out) {
  if (name.empty() || name.size() > kCodePointsMax) return false;
  out.reserve(name.size());
  for (const char c : name) {
    if (c <= ' ' || c > '~') return false;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return true;
}

Status CheckFolded(std::string_view text, std::string_view folded) {
  if (folded.empty()) return Wrong(text, "is empty");
  int count = 0;
  std::size_t at = 0;
  while (at < folded.size()) {
    const UChar32 c = NextCodePoint(folded, at);
    if (u_isUWhiteSpace(c) != 0) return Wrong(text, "contains white space");
    if (u_charType(c) == U_CONTROL_CHAR) return Wrong(text, "contains a control character");
    if (++count > kCodePointsMax) {
      return Wrong(text, "is longer than " + std::to_string(kCodePointsMax) + " characters");
    }
  }
  return {};
}

}  // namespace

Result<std::string> FoldHashtag(std::string_view text) {
  std::string_view name = text;
  RemoveSign(name);
  std::string folded;
  if (FoldAscii(name, folded)) return folded;
  folded.clear();
  if (name.size() > kBytesMax) {
    return Wrong(text, "is longer than " + std::to_string(kCodePointsMax) + " characters");
  }
  if (!IsValidUtf8(name)) return Wrong(text, "is not valid UTF-8");
  UErrorCode code = U_ZERO_ERROR;
  const icu::Normalizer2* casefold = icu::Normalizer2::getNFKCCasefoldInstance(code);
  if (U_FAILURE(code)) return Fatal(std::string("ICU has no NFKC_Casefold: ") + u_errorName(code));
  icu::StringByteSink<std::string> sink(&folded);
  casefold->normalizeUTF8(0, {name.data(), static_cast<std::int32_t>(name.size())}, sink, nullptr,
                          code);
  if (U_FAILURE(code)) return Wrong(text, std::string("cannot be folded: ") + u_errorName(code));
  if (Status status = CheckFolded(text, folded); !status) return status.error();
  return folded;
}

}  // namespace latecomer
