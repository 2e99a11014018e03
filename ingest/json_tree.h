// A JSON text as a tree that is read and thrown away: one array of nodes in document order, strings
// left where they stand in the text. For records of other programs, of which we take a few fields.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace latecomer {

enum class JsonType : std::uint8_t { kNull, kBool, kInt, kDouble, kString, kArray, kObject };

struct JsonNode {
  std::string_view key;     // in an object
  std::string_view text;    // of a string
  std::int64_t number = 0;  // of an integer or a bool
  std::uint32_t end = 0;    // the node behind this one and all that is in it
  JsonType type = JsonType::kNull;
};

// A value of the tree, or none. Asking none, or a value of another type, gives what is absent.
class JsonValue {
 public:
  JsonValue() = default;
  JsonValue(const JsonNode* nodes, std::uint32_t at) : nodes_(nodes), at_(at) {}

  explicit operator bool() const { return nodes_ != nullptr && type() != JsonType::kNull; }
  JsonType type() const { return nodes_ != nullptr ? node().type : JsonType::kNull; }
  bool is_string() const { return type() == JsonType::kString; }
  bool is_object() const { return type() == JsonType::kObject; }
  bool is_array() const { return type() == JsonType::kArray; }
  std::string_view key() const { return nodes_ != nullptr ? node().key : std::string_view(); }
  std::string_view text() const { return nodes_ != nullptr ? node().text : std::string_view(); }
  bool is_true() const { return type() == JsonType::kBool && node().number != 0; }
  std::optional<std::int64_t> integer() const {
    if (type() != JsonType::kInt) return std::nullopt;
    return node().number;
  }
  std::uint32_t at() const { return at_; }  // where it stands in the tree
  // The member of an object.
  JsonValue operator[](std::string_view key) const {
    if (!is_object()) return {};
    for (std::uint32_t i = at_ + 1; i < node().end; i = nodes_[i].end) {
      if (nodes_[i].key == key) return {nodes_, i};
    }
    return {};
  }

  // The items of an array or the members of an object.
  class Iterator {
   public:
    Iterator(const JsonNode* nodes, std::uint32_t at) : nodes_(nodes), at_(at) {}
    JsonValue operator*() const { return {nodes_, at_}; }
    Iterator& operator++() {
      at_ = nodes_[at_].end;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const JsonNode* nodes_;
    std::uint32_t at_;
  };
  Iterator begin() const { return {nodes_, is_nested() ? at_ + 1 : 0}; }
  Iterator end() const { return {nodes_, is_nested() ? node().end : 0}; }

 private:
  const JsonNode& node() const { return nodes_[at_]; }
  bool is_nested() const { return is_array() || is_object(); }
  const JsonNode* nodes_ = nullptr;
  std::uint32_t at_ = 0;
};

class JsonTree {
 public:
  static constexpr int kDepthMax = 64;        // unless more is asked for
  static constexpr int kDepthMaxMax = 16384;  // parsed without recursion
  static constexpr std::size_t kNodesMax = 4U << 20U;

  // Members with one of the `skipped` keys (literals) are checked, but not kept. More levels than
  // `depth_max` (at most kDepthMaxMax) are refused.
  explicit JsonTree(std::vector<std::string_view> skipped = {}, int depth_max = kDepthMax);
  ~JsonTree();
  JsonTree(const JsonTree&) = delete;
  JsonTree& operator=(const JsonTree&) = delete;

  // Parses in place: `text` is destroyed, and must stay until the tree is no longer used.
  // `text[size]` must be NUL. kInvalid says what is wrong and at which byte: bad JSON, invalid
  // UTF-8, NUL, a lone surrogate, a duplicate key, too many levels or more than kNodesMax values.
  Status Parse(char* text, std::size_t size);
  JsonValue root() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace latecomer
