// Which field of a post a member's name is: asked for each member of each post.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/post_handler_json.h"

namespace latecomer {

// The fields in order of their names' lengths, and where each length begins: a key is compared
// with those of its own length only.
inline constexpr std::size_t kNameBytesMax = 12;
struct FieldsByLength {
  std::array<std::uint8_t, PostHandler::kFieldCount> fields{};
  std::array<std::uint8_t, kNameBytesMax + 2> begin{};
};
constexpr FieldsByLength MakeFieldsByLength() {
  FieldsByLength by;
  std::uint8_t next = 0;
  for (std::size_t length = 0; length <= kNameBytesMax; ++length) {
    by.begin[length] = next;
    for (std::size_t i = 0; i < PostHandler::kNames.size(); ++i) {
      if (PostHandler::kNames[i].size() == length) by.fields[next++] = static_cast<std::uint8_t>(i);
    }
  }
  by.begin[kNameBytesMax + 1] = next;
  return by;
}
inline constexpr FieldsByLength kFieldsByLength = MakeFieldsByLength();
static_assert(kFieldsByLength.begin[kNameBytesMax + 1] == PostHandler::kFieldCount);

inline PostHandler::Field FindField(std::string_view key) {
  if (key.size() > kNameBytesMax) return PostHandler::kUnknown;
  for (std::size_t i = kFieldsByLength.begin[key.size()]; i < kFieldsByLength.begin[key.size() + 1];
       ++i) {
    const auto field = static_cast<PostHandler::Field>(kFieldsByLength.fields[i]);
    if (PostHandler::kNames[field] == key) return field;
  }
  return PostHandler::kUnknown;
}

}  // namespace latecomer
