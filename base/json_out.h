// Appending compact JSON to a string, in the one spelling that the contract allows: UTF-8, and only
// `"`, `\` and the controls below U+0020 escaped (short forms, else \u00xx in lower case).
//
// RapidJSON's Writer spells \u00XX in upper case, hence this.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace latecomer {

// Appends `text` (valid UTF-8) in quotes.
void AppendJsonString(std::string& out, std::string_view text);
void AppendJsonInt(std::string& out, std::int64_t value);
void AppendJsonUint(std::string& out, std::uint64_t value);
// Appends `time` as an RFC 3339 string in quotes.
void AppendJsonTime(std::string& out, TimeMs time);

// Writes one JSON object, member after member, in the order of the calls.
//
//   JsonObject(out).Int("v", 1).String("id", id).Close();
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }

  // Appends the name and colon; the caller appends the value to out().
  JsonObject& Key(std::string_view name) {
    // A literal of ours: never needs escaping.
    const std::size_t comma = first_ ? 0 : 1;
    const std::size_t size = out_.size();
    out_.resize(size + comma + name.size() + 3);
    char* at = out_.data() + size;
    if (comma != 0) *at++ = ',';
    *at++ = '"';
    at = name.copy(at, name.size()) + at;
    *at++ = '"';
    *at = ':';
    first_ = false;
    return *this;
  }
  JsonObject& String(std::string_view name, std::string_view value) {
    Key(name);
    AppendJsonString(out_, value);
    return *this;
  }
  JsonObject& Int(std::string_view name, std::int64_t value) {
    Key(name);
    AppendJsonInt(out_, value);
    return *this;
  }
  JsonObject& Uint(std::string_view name, std::uint64_t value) {
    Key(name);
    AppendJsonUint(out_, value);
    return *this;
  }
  JsonObject& Bool(std::string_view name, bool value) {
    Key(name);
    out_ += value ? "true" : "false";
    return *this;
  }
  JsonObject& Null(std::string_view name) {
    Key(name);
    out_ += "null";
    return *this;
  }
  JsonObject& Time(std::string_view name, TimeMs value) {
    Key(name);
    AppendJsonTime(out_, value);
    return *this;
  }
  // `json` must be a JSON value already.
  JsonObject& Raw(std::string_view name, std::string_view json) {
    Key(name);
    out_ += json;
    return *this;
  }
  void Close() { out_ += '}'; }
  std::string& out() { return out_; }
  bool empty() const { return first_; }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace latecomer
