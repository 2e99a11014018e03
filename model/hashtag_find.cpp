// Hashtags in plain text, by the rules of twitter-text 3 (its regexen `validHashtag`,
// `endHashtagMatch` and `validUrl`), in one pass.
#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "model/code_point.h"
#include "model/hashtag.h"

namespace latecomer {
namespace {

constexpr UChar32 kFullWidthSign = 0xFF03;

// What joins letters within a hashtag without being one, in order.
constexpr std::array<UChar32, 17> kJoiners = {'_',    0x00B7, 0x05BE, 0x05F3, 0x05F4, 0x0F0B,
                                              0x0F0C, 0x200C, 0x200D, 0x3003, 0x301C, 0x309B,
                                              0x309C, 0x30A0, 0x30FB, 0xA67E, 0xFF5E};

bool IsSign(UChar32 c) { return c == '#' || c == kFullWidthSign; }

bool IsAsciiLetter(UChar32 c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAsciiDigit(UChar32 c) { return c >= '0' && c <= '9'; }

bool IsLetter(UChar32 c) {
  if (c < 0x80) return IsAsciiLetter(c);
  return (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_M_MASK)) != 0;
}

bool IsTagPart(UChar32 c) {
  if (c < 0x80) return IsAsciiLetter(c) || IsAsciiDigit(c) || c == '_';
  return (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_M_MASK | U_GC_ND_MASK)) != 0 ||
         std::binary_search(kJoiners.begin(), kJoiners.end(), c);
}

// Whether a hashtag may follow `c`. The variant selectors are marks, but they end an emoji.
bool MayPrecede(UChar32 c) {
  if (c == kNoCodePoint || c == 0xFE0E || c == 0xFE0F) return true;
  return c != '&' && !IsTagPart(c);
}

// Latin with accents and Cyrillic stand in URLs as they are.
bool IsUrlLetter(UChar32 c) {
  return IsAsciiLetter(c) || IsAsciiDigit(c) ||
         (c >= 0xC0 && c <= 0x24F && c != 0xD7 && c != 0xF7) || (c >= 0x1E00 && c <= 0x1EFF) ||
         (c >= 0x400 && c <= 0x4FF);
}

bool IsPathChar(UChar32 c) {
  constexpr std::string_view kMarks = "!*';:=+,.$/%#[]-_~@|&";
  return IsUrlLetter(c) || (c > 0 && c < 0x80 && kMarks.find(static_cast<char>(c)) != kMarks.npos);
}

bool IsQueryChar(UChar32 c) {
  constexpr std::string_view kMarks = "!?*'@();:&=+$/%#[]-_.,~|";
  return IsAsciiLetter(c) || IsAsciiDigit(c) ||
         (c > 0 && c < 0x80 && kMarks.find(static_cast<char>(c)) != kMarks.npos);
}

class Finder {
 public:
  explicit Finder(std::string_view text) : text_(text) {}

  std::vector<HashtagInText> Run() {
    while (at_ < text_.size()) {
      const std::size_t begin = at_;
      const UChar32 c = Next(at_);
      if (at_ > url_end_) {
        if (IsSign(c) && TryTag(begin)) continue;
        if (c == '/') TryUrl(begin);
      }
      Follow(begin, c);
    }
    return std::move(found_);
  }

 private:
  UChar32 Next(std::size_t& at) const { return NextCodePoint(text_, at); }
  UChar32 Peek(std::size_t at) const { return Next(at); }

  // Keeps what has to be known of the text before: its last character, and the run of characters
  // of a domain name that ends there.
  void Follow(std::size_t begin, UChar32 c) {
    if (IsAsciiLetter(c) || IsAsciiDigit(c) || c == '-' || c == '.') {
      if (!in_domain_) {
        in_domain_ = true;
        domain_begin_ = begin;
        before_domain_ = before_;
      }
    } else {
      in_domain_ = false;
    }
    before_ = c;
  }

  // A `#` stands at `begin`; at_ is behind it. Says whether it went on behind a name.
  bool TryTag(std::size_t begin) {
    if (!MayPrecede(before_)) return false;
    const UChar32 first = Peek(at_);
    if (first == 0xFE0F || first == 0x20E3) return false;  // the keycap emoji #️⃣
    std::size_t end = at_;
    bool has_letter = false;
    UChar32 last = '#';
    for (std::size_t next = end;;) {
      const UChar32 c = Next(next);
      if (c == kNoCodePoint || !IsTagPart(c)) break;
      has_letter = has_letter || IsLetter(c);
      last = c;
      end = next;
    }
    const std::size_t name_begin = at_;
    if (end == name_begin) return false;
    at_ = end;
    in_domain_ = false;
    before_ = last;
    if (has_letter && !IsSign(Peek(end)) && !text_.substr(end).starts_with("://")) {
      found_.push_back({begin, end, std::string(text_.substr(name_begin, end - name_begin))});
    }
    return true;
  }

  // A `/` stands at `slash`; if it begins the path of a URL or stands in `http://`, url_end_
  // becomes the end of that URL.
  void TryUrl(std::size_t slash) {
    const std::string_view before = text_.substr(0, slash);
    if (EndsWithScheme(before) && text_.substr(slash).starts_with("//")) {
      std::size_t end = slash + 2;
      for (std::size_t next = end;; end = next) {
        const UChar32 c = Next(next);
        if (c != '-' && c != '.' && c != '_' && c != ':' && c != '@' && !IsLetter(c) &&
            !IsAsciiDigit(c)) {
          break;
        }
      }
      url_end_ = end;
      if (Peek(end) == '/' || Peek(end) == '?') FollowPath(end);
    } else if (in_domain_ && IsDomain(text_.substr(domain_begin_, slash - domain_begin_))) {
      FollowPath(slash);
    }
  }

  void FollowPath(std::size_t at) {
    bool query = false;
    int open = 0;
    for (std::size_t next = at;; at = next) {
      const UChar32 c = Next(next);
      if (c == '?') query = true;
      // Parentheses belong to a path in pairs only: `(http://a.example/b)#tag`.
      if (!query && c == '(') {
        ++open;
        continue;
      }
      if (!query && c == ')' && open > 0) {
        --open;
        continue;
      }
      if (c == kNoCodePoint || !(query ? IsQueryChar(c) : IsPathChar(c))) break;
    }
    url_end_ = at;
  }

  // "…http:" or "…https:", not glued to a letter before.
  static bool EndsWithScheme(std::string_view text) {
    for (const std::string_view scheme : {"http:", "https:"}) {
      if (text.size() < scheme.size()) continue;
      const std::string_view tail = text.substr(text.size() - scheme.size());
      if (std::equal(tail.begin(), tail.end(), scheme.begin(), [](char a, char b) {
            return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
          })) {
        return true;
      }
    }
    return false;
  }

  // A domain name that may stand without a scheme: labels of ASCII, the last one of letters. (No
  // list of the top-level domains of the day: `word.word/#tag` is rarely meant as a hashtag.)
  bool IsDomain(std::string_view name) const {
    if (before_domain_ == '@' || before_domain_ == '$' || before_domain_ == '_' ||
        before_domain_ == '/' || IsSign(before_domain_) || IsLetter(before_domain_)) {
      return false;
    }
    const std::size_t dot = name.rfind('.');
    if (dot == name.npos || dot == 0 || name.size() - dot < 3) return false;
    return std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dot) + 1, name.end(),
                       [](char c) { return IsAsciiLetter(c); });
  }

  std::string_view text_;
  std::size_t at_ = 0;
  UChar32 before_ = kNoCodePoint;
  bool in_domain_ = false;
  std::size_t domain_begin_ = 0;
  UChar32 before_domain_ = kNoCodePoint;
  std::size_t url_end_ = 0;  // before it, all belongs to a URL
  std::vector<HashtagInText> found_;
};

}  // namespace

std::vector<HashtagInText> FindHashtags(std::string_view text) {
  if (text.find('#') == text.npos && text.find("\xEF\xBC\x83") == text.npos) return {};
  return Finder(text).Run();
}

}  // namespace latecomer
