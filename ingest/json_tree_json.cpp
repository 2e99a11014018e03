#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "ingest/json_tree.h"
#include "model/json_keys.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

using rapidjson::SizeType;

// NUL or the UTF-8 form of a surrogate, which only escapes can bring into valid UTF-8.
bool HasNulOrSurrogate(std::string_view text) {
  if (std::memchr(text.data(), '\0', text.size()) != nullptr) return true;
  for (std::size_t at = text.find('\xED'); at != std::string_view::npos;
       at = text.find('\xED', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
  }
  return false;
}

// The handler concept of RapidJSON's Reader; false ends the parse with error().
class TreeHandler {
 public:
  TreeHandler(std::vector<std::string_view> skipped, int depth_max)
      : skipped_(std::move(skipped)), depth_max_(std::min(depth_max, JsonTree::kDepthMaxMax)) {}

  void Reset(bool check_strings) {
    nodes_.clear();
    open_.clear();
    keys_.Clear();
    error_.clear();
    depth_ = 0;
    skip_depth_ = 0;
    skip_next_ = false;
    check_strings_ = check_strings;
  }
  const std::string& error() const { return error_; }
  const std::vector<JsonNode>& nodes() const { return nodes_; }

  bool Null() { return Scalar(JsonType::kNull, {}, 0); }
  bool Bool(bool value) { return Scalar(JsonType::kBool, {}, value ? 1 : 0); }
  bool Int(int value) { return Scalar(JsonType::kInt, {}, value); }
  bool Uint(unsigned value) { return Scalar(JsonType::kInt, {}, value); }
  bool Int64(std::int64_t value) { return Scalar(JsonType::kInt, {}, value); }
  bool Uint64(std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return Scalar(JsonType::kDouble, {}, 0);
    }
    return Scalar(JsonType::kInt, {}, static_cast<std::int64_t>(value));
  }
  bool Double(double) { return Scalar(JsonType::kDouble, {}, 0); }
  bool RawNumber(const char*, SizeType, bool) { return Scalar(JsonType::kDouble, {}, 0); }
  bool String(const char* text, SizeType size, bool) {
    const std::string_view view(text, size);
    if (check_strings_ && HasNulOrSurrogate(view)) return FailString();
    return Scalar(JsonType::kString, view, 0);
  }
  bool Key(const char* text, SizeType size, bool) {
    if (skip_depth_ > 0) return true;
    key_ = std::string_view(text, size);
    if (check_strings_ && HasNulOrSurrogate(key_)) return FailString();
    if (!keys_.Add(key_)) return Fail("the key \"" + Sample(key_, 60) + "\" stands twice");
    skip_next_ = IsSkipped(key_);
    return true;
  }
  bool StartObject() {
    if (!Open(JsonType::kObject)) return false;
    if (skip_depth_ == 0) keys_.OpenObject();
    return true;
  }
  bool StartArray() { return Open(JsonType::kArray); }
  bool EndObject(SizeType) {
    if (skip_depth_ == 0) keys_.CloseObject();
    return Close();
  }
  bool EndArray(SizeType) { return Close(); }

 private:
  bool Fail(std::string message) {
    error_ = std::move(message);
    return false;
  }
  bool FailString() { return Fail("a string holds NUL or a lone surrogate"); }

  bool IsSkipped(std::string_view key) const {
    return std::find(skipped_.begin(), skipped_.end(), key) != skipped_.end();
  }
  // False if the value that begins here is not kept.
  bool Keep() {
    if (skip_depth_ > 0) return false;
    if (!skip_next_) return true;
    skip_next_ = false;
    return false;
  }
  bool Scalar(JsonType type, std::string_view text, std::int64_t number) {
    if (!Keep()) return true;
    return Add(type, text, number);
  }
  bool Add(JsonType type, std::string_view text, std::int64_t number) {
    if (nodes_.size() >= JsonTree::kNodesMax) return Fail("there are too many values in it");
    const auto end = static_cast<std::uint32_t>(nodes_.size() + 1);
    nodes_.push_back({key_, text, number, end, type});
    key_ = {};
    return true;
  }
  bool Open(JsonType type) {
    if (++depth_ > depth_max_) return Fail("it is nested too deeply");
    if (!Keep()) {
      ++skip_depth_;
      return true;
    }
    open_.push_back(static_cast<std::uint32_t>(nodes_.size()));
    return Add(type, {}, 0);
  }
  bool Close() {
    --depth_;
    if (skip_depth_ > 0) {
      --skip_depth_;
      return true;
    }
    nodes_[open_.back()].end = static_cast<std::uint32_t>(nodes_.size());
    open_.pop_back();
    return true;
  }

  std::vector<std::string_view> skipped_;
  const int depth_max_;
  std::vector<JsonNode> nodes_;
  std::vector<std::uint32_t> open_;
  JsonKeys keys_;
  std::string_view key_;
  std::string error_;
  int depth_ = 0;
  int skip_depth_ = 0;
  bool skip_next_ = false;
  bool check_strings_ = false;
};

}  // namespace

struct JsonTree::Impl {
  Impl(std::vector<std::string_view> skipped, int depth)
      : handler(std::move(skipped), depth), depth_max(depth) {}
  TreeHandler handler;
  const int depth_max;
  rapidjson::Reader reader;
};

JsonTree::JsonTree(std::vector<std::string_view> skipped, int depth_max)
    : impl_(std::make_unique<Impl>(std::move(skipped), depth_max)) {}
JsonTree::~JsonTree() = default;

Status JsonTree::Parse(char* text, std::size_t size) {
  TreeHandler& handler = impl_->handler;
  const std::string_view whole(text, size);
  // Checked here for the whole text: RapidJSON's own check would cost its fast scanner, takes a
  // lone low surrogate, and ends at a NUL.
  const std::size_t bad = FindInvalidUtf8(whole);
  if (bad != size) return Invalid("Invalid UTF-8 at byte " + std::to_string(bad + 1) + ".");
  const std::size_t nul = whole.find('\0');
  if (nul != std::string_view::npos) {
    return Invalid("A NUL at byte " + std::to_string(nul + 1) + ".");
  }
  handler.Reset(whole.find("\\u") != std::string_view::npos);
  rapidjson::InsituStringStream stream(text);
  constexpr unsigned kDeep = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag;
  // The recursive parser is the faster one.
  const rapidjson::ParseResult result =
      impl_->depth_max > kDepthMax
          ? impl_->reader.Parse<kDeep>(stream, handler)
          : impl_->reader.Parse<rapidjson::kParseInsituFlag>(stream, handler);
  if (result) return {};
  // A handler has been given what ends before the offset; the parser points at what it met.
  const bool by_handler = !handler.error().empty();
  std::string what = by_handler ? handler.error() : rapidjson::GetParseError_En(result.Code());
  if (!what.empty() && what.back() == '.') what.pop_back();
  const std::size_t byte = result.Offset() + (by_handler ? 0 : 1);
  return Invalid("Bad JSON at byte " + std::to_string(byte) + ": " + what + ".");
}

JsonValue JsonTree::root() const {
  const std::vector<JsonNode>& nodes = impl_->handler.nodes();
  return nodes.empty() ? JsonValue() : JsonValue(nodes.data(), 0);
}

}  // namespace latecomer
