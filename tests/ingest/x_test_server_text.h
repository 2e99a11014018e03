// What the files of XServer write and read.
#pragma once

#include <algorithm>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"

namespace latecomer::test {

inline std::string Unescape(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

inline std::map<std::string, std::string> QueryOf(const std::string& target) {
  std::map<std::string, std::string> query;
  std::size_t begin = target.find('?');
  while (begin != std::string::npos) {
    const std::size_t end = target.find('&', begin + 1);
    const std::string pair = target.substr(begin + 1, end - begin - 1);
    query[Unescape(pair.substr(0, pair.find('=')))] = Unescape(pair.substr(pair.find('=') + 1));
    begin = end;
  }
  return query;
}

inline std::string HttpDate(TimeMs time) {
  const std::time_t seconds = time / 1000;
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
  return text;
}

inline std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

inline std::vector<std::string> Split(const std::string& text, const std::string& by) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(by, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + by.size();
  }
  return parts;
}

// The string members of that name, in their order; enough for what Latecomer sends.
inline std::vector<std::string> Members(const std::string& json, const std::string& name) {
  std::vector<std::string> values;
  const std::string begin = Quoted(name) + ":\"";
  for (std::size_t at = json.find(begin); at != std::string::npos; at = json.find(begin, at + 1)) {
    const std::size_t from = at + begin.size();
    values.push_back(json.substr(from, json.find('"', from) - from));
  }
  return values;
}

}  // namespace latecomer::test
