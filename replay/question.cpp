#include "replay/question.h"

#include <array>

namespace latecomer {
namespace {

constexpr std::array<std::string_view, 3> kMarks = {"?", "\xEF\xBC\x9F", "\xD8\x9F"};
constexpr std::string_view kBlanks = " \t\r\n\f\v";

// `https://a.example/b`, `www.a.example`, `a.example/b`.
bool IsUrl(std::string_view word) {
  if (word.find("://") != std::string_view::npos || word.starts_with("www.")) return true;
  const std::size_t dot = word.find('.');
  if (dot == 0 || dot == std::string_view::npos) return false;
  const std::size_t slash = word.find('/', dot);
  return slash != std::string_view::npos && slash > dot + 1 && word.find('?') > slash;
}

bool WordAsks(std::string_view word) {
  const bool url = IsUrl(word);
  for (const std::string_view mark : kMarks) {
    if (url ? word.ends_with(mark) : word.find(mark) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

bool AsksSomething(std::string_view text) {
  std::size_t begin = text.find_first_not_of(kBlanks);
  while (begin != std::string_view::npos) {
    const std::size_t end = text.find_first_of(kBlanks, begin);
    if (WordAsks(text.substr(begin, end - begin))) return true;
    begin = text.find_first_not_of(kBlanks, end);
  }
  return false;
}

}  // namespace latecomer
