// Small readings that the files of the source `engage` share.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace latecomer {

// The part up to the next blank, which is removed with it.
inline std::string_view NextWord(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

inline bool ReadNumber(std::string_view word, std::int64_t& to) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), to);
  return error == std::errc() && !word.empty() && end == word.data() + word.size();
}

inline std::string TopicFeed(std::string_view id) {
  return "/api/v1/messages/about_topic/" + std::string(id) + ".json";
}

}  // namespace latecomer
