#include "store/search_text.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

#include "model/html.h"
#include "model/post_json.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr int kRulesVersion = 1;
// A long word is narrowed down enough by this many of its trigrams; hits are checked anyway.
constexpr std::size_t kQueryTokensMax = 32;

bool IsSeparator(UChar32 c) {
  if (c < 0x80) return c <= 0x20 || c == 0x7f;
  return u_isUWhiteSpace(c) != 0 || (c >= 0x80 && c < 0xa0);
}

// Calls visit(begin, end) for every run of code points that are no separators.
template <typename F>
void ForEachWord(std::string_view text, F visit) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  std::int32_t begin = 0;
  std::int32_t i = 0;
  while (i < size) {
    const std::int32_t at = i;
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(bytes, i, size, c);
    if (!IsSeparator(c)) continue;
    if (at > begin)
      visit(text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin)));
    begin = i;
  }
  if (size > begin) visit(text.substr(static_cast<std::size_t>(begin)));
}

// Calls visit(trigram) for each three code points in a row of one word.
template <typename F>
void ForEachTrigram(std::string_view word, F visit) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(word.data());
  const auto size = static_cast<std::int32_t>(word.size());
  std::array<std::int32_t, 3> starts{};  // of the last code points
  std::size_t count = 0;
  std::int32_t i = 0;
  while (i < size) {
    starts[count % 3] = i;
    U8_FWD_1(bytes, i, size);
    if (++count < 3) continue;
    const std::int32_t begin = starts[count % 3];
    visit(word.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(i - begin)));
  }
}

// FNV-1a of 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), to be used from its upper bits
// on.
std::uint64_t TrigramHash(std::string_view trigram) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : trigram) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return hash * 0x9e3779b97f4a7c15U;  // so that the last byte counts in all upper bits
}

std::int32_t TrigramNumber(std::string_view trigram) {
  return static_cast<std::int32_t>(TrigramHash(trigram) >> 34U);
}

// 5 bits a letter. FTS5 hashes tokens badly that differ in few bits, as trigrams do: these are
// indexed in half the time.
void AppendToken(std::string& out, std::string_view trigram) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::uint64_t hash = TrigramHash(trigram);
  for (std::size_t i = 0; i < kIndexTokenBytes; ++i) {
    out += kLetters[hash >> 59U];
    hash <<= 5U;
  }
}

template <typename T>
void SortDistinct(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

}  // namespace

std::string SearchRules() {
  UVersionInfo unicode;
  u_getUnicodeVersion(unicode);
  return std::to_string(kRulesVersion) + " unicode " + std::to_string(unicode[0]) + "." +
         std::to_string(unicode[1]);
}

std::string FoldForSearch(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  if (IsAscii(text)) {
    for (const char c : text) {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
  }
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* fold = icu::Normalizer2::getNFKCCasefoldInstance(error);
  icu::StringByteSink<std::string> sink(&out);
  if (U_SUCCESS(error)) {
    fold->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())),
                        sink, nullptr, error);
  }
  // ICU fails only without its data or memory: such text is searched as it stands.
  return U_SUCCESS(error) ? out : std::string(text);
}

std::string SearchText(const Post& post) {
  std::string out = FoldForSearch(TextFromHtml(post.content));
  out += '\n';
  out += FoldForSearch(post.attributed_to.name);
  out += '\n';
  out += FoldForSearch(post.attributed_to.preferred_username);
  return out;
}

Result<std::string> SearchText(std::string_view content_json) {
  Post post;
  if (Status read = ReadContent(content_json, post); !read) return read.error();
  return SearchText(post);
}

Result<std::vector<std::string>> SearchWords(std::string_view query) {
  if (query.size() > kQueryBytesMax) {
    return Invalid("The search query is longer than " + std::to_string(kQueryBytesMax) + " bytes.");
  }
  if (!IsValidUtf8(query)) return Invalid("The search query is not valid UTF-8.");
  const std::string folded = FoldForSearch(query);
  std::vector<std::string> words;
  ForEachWord(folded, [&](std::string_view word) {
    if (std::find(words.begin(), words.end(), word) == words.end()) words.emplace_back(word);
  });
  return words;
}

bool HasWords(std::string_view folded_text, const std::vector<std::string>& words) {
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return folded_text.find(word) != std::string_view::npos;
  });
}

void AppendIndexTokens(std::string& out, std::string_view folded_text) {
  ForEachWord(folded_text, [&](std::string_view word) {
    ForEachTrigram(word, [&](std::string_view trigram) {
      AppendToken(out, trigram);
      out += ' ';
    });
  });
}

std::vector<std::string> QueryTokens(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const std::string& word : words) {
    ForEachTrigram(word, [&](std::string_view trigram) {
      if (out.size() >= kQueryTokensMax) return;
      AppendToken(out.emplace_back(), trigram);
    });
  }
  SortDistinct(out);
  return out;
}

std::vector<std::int32_t> IndexNumbers(std::string_view folded_text) {
  std::vector<std::int32_t> out;
  ForEachWord(folded_text, [&](std::string_view word) {
    ForEachTrigram(word, [&](std::string_view trigram) { out.push_back(TrigramNumber(trigram)); });
  });
  SortDistinct(out);
  return out;
}

std::vector<std::int32_t> QueryNumbers(const std::vector<std::string>& words) {
  std::vector<std::int32_t> out;
  for (const std::string& word : words) {
    ForEachTrigram(word, [&](std::string_view trigram) {
      if (out.size() < kQueryTokensMax) out.push_back(TrigramNumber(trigram));
    });
  }
  SortDistinct(out);
  return out;
}

}  // namespace latecomer
