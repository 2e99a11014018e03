// What the files of the blog in memory share.
#pragma once

#include <map>
#include <string>

#include "base/time.h"
#include "ingest/html_out.h"

namespace latecomer::test {

inline std::string LowerOf(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

inline bool Contains(const std::string& text, const std::string& part) {
  return LowerOf(text).find(LowerOf(part)) != std::string::npos;
}

inline std::string Gmt(TimeMs time) { return FormatTime(time).substr(0, 19); }

inline std::string Find(const std::multimap<std::string, std::string>& query,
                        const std::string& name, const std::string& otherwise = "") {
  const auto found = query.find(name);
  return found == query.end() ? otherwise : found->second;
}

inline std::string Escaped(const std::string& text) {
  std::string out;
  AppendHtmlEscaped(out, text);
  return out;
}

}  // namespace latecomer::test
