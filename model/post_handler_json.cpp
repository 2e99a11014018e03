#include "model/post_handler_json.h"

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/time.h"
#include "model/post_field_names.h"
#include "model/post_json.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr std::uint32_t Bit(PostHandler::Field field) { return 1U << field; }
constexpr std::uint32_t kStringFields =
    ~(Bit(PostHandler::kV) | Bit(PostHandler::kAttributedTo) | Bit(PostHandler::kSensitive) |
      Bit(PostHandler::kTag) | Bit(PostHandler::kAttachment) | Bit(PostHandler::kComplete));

// Members of the inner objects; 0 is none of them.
constexpr std::array<std::string_view, 12> kInner = {
    "",     "id",   "preferredUsername", "name",  "url",    "icon",
    "type", "href", "mediaType",         "width", "height", "kind"};
enum Inner : std::uint8_t {
  kNoInner,
  kInId,
  kInPreferredUsername,
  kInName,
  kInUrl,
  kInIcon,
  kInType,
  kInHref,
  kInMediaType,
  kInWidth,
  kInHeight,
  kInKind,
  kInInstance,
  kInRetrieved
};

std::uint8_t FindInner(std::string_view key) {
  for (std::size_t i = 1; i < kInner.size(); ++i) {
    if (kInner[i] == key) return static_cast<std::uint8_t>(i);
  }
  if (key == "instance") return kInInstance;
  return key == "retrieved" ? static_cast<std::uint8_t>(kInRetrieved) : std::uint8_t{0};
}

// How often a text is read again because of a number that no double holds.
constexpr int kHugeNumbersMax = 8;

// Writes a number that a double holds over the one at `at`, and blanks behind it.
void ShortenNumber(std::string& json, std::size_t at) {
  constexpr std::string_view kBig = "9e99";
  std::size_t end = json.find_first_not_of("+-.0123456789eE", at);
  if (end == std::string::npos) end = json.size();
  std::string number(kBig.substr(0, end - at));
  number.resize(end - at, ' ');
  json.replace(at, end - at, number);
}

// Makes RapidJSON's calls those of PostHandler.
struct Adapter {
  PostHandler& handler;
  bool Null() { return handler.Null(); }
  bool Bool(bool value) { return handler.Bool(value); }
  bool Int(int value) { return handler.Number(value); }
  bool Uint(unsigned value) { return handler.Number(value); }
  bool Int64(std::int64_t value) { return handler.Number(static_cast<double>(value)); }
  bool Uint64(std::uint64_t value) { return handler.Number(static_cast<double>(value)); }
  bool Double(double value) { return handler.Number(value); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return handler.String({text, length});
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    return handler.Key({text, length});
  }
  bool StartObject() { return handler.StartObject(); }
  bool EndObject(rapidjson::SizeType) { return handler.EndObject(); }
  bool StartArray() { return handler.StartArray(); }
  bool EndArray(rapidjson::SizeType) { return handler.EndArray(); }
};

}  // namespace

void PostHandler::Reset() {
  std::fill(std::begin(text_), std::end(text_), std::string_view());
  wrong_ = 0;
  wrong_inner_field_ = kFieldCount;
  v_is_one_ = true;
  sensitive_ = false;
  complete_.reset();
  author_ = Author{};
  source_ = PostSource{};
  retrieved_.clear();
  tags_.clear();
  attachments_.clear();
  keys_.Clear();
  error_.clear();
  where_ = Where::kRoot;
  field_ = kUnknown;
  inner_ = kNoInner;
  depth_ = 0;
  skip_depth_ = 0;
}

Status PostHandler::Parse(std::string_view json) {
  if (json.size() > PostReader::kJsonBytesMax) {
    return Invalid("longer than " + std::to_string(PostReader::kJsonBytesMax) + " bytes");
  }
  const std::size_t invalid = FindInvalidUtf8(json);
  if (invalid != json.size()) return Invalid("invalid UTF-8 at byte " + std::to_string(invalid));
  if (json.find('\0') != std::string_view::npos) return Invalid("a NUL in the text");
  std::string shortened;
  for (int attempt = 0;; ++attempt) {
    const ParseOutcome outcome = ParseOnce(json);
    if (!outcome.number_too_big || attempt == kHugeNumbersMax) return outcome.status;
    // RapidJSON gives up on numbers that no double holds. They say nothing that we read but that
    // they are numbers, so a smaller one does.
    shortened = json;
    ShortenNumber(shortened, outcome.offset);
    json = shortened;
  }
}

PostHandler::ParseOutcome PostHandler::ParseOnce(std::string_view json) {
  Reset();
  check_strings_ = json.find("\\u") != std::string_view::npos;
  // RapidJSON's scanner reads 16 bytes at a time: give it room behind the end.
  buffer_.resize(json.size() + 32);
  std::memcpy(buffer_.data(), json.data(), json.size());
  std::memset(buffer_.data() + json.size(), 0, 32);
  rapidjson::InsituStringStream stream(buffer_.data());
  rapidjson::Reader reader;
  Adapter adapter{*this};
  const rapidjson::ParseResult result = reader.Parse<rapidjson::kParseInsituFlag>(stream, adapter);
  if (result.IsError()) {
    if (result.Code() == rapidjson::kParseErrorNumberTooBig) {
      return {Invalid("a number too big"), true, result.Offset()};
    }
    if (!error_.empty()) return {Invalid(std::move(error_)), false, 0};
    return {Invalid(std::string("no JSON: ") + rapidjson::GetParseError_En(result.Code()) +
                    " (at byte " + std::to_string(result.Offset()) + ")"),
            false, 0};
  }
  return {};
}

bool PostHandler::Fail(std::string message) {
  error_ = std::move(message);
  return false;
}

bool PostHandler::Check(std::string_view text) {
  if (!check_strings_) return true;
  if (text.find('\0') != std::string_view::npos) return Fail("a NUL in a string");
  if (!IsValidUtf8(text)) return Fail("a lone surrogate in a string");
  return true;
}

bool PostHandler::Wrong() {
  if (where_ == Where::kRoot) {
    if (depth_ == 0) return Fail("no JSON object");
    if (field_ != kUnknown) wrong_ |= Bit(field_);
    return true;
  }
  if (where_ == Where::kSkipped) return true;
  const bool item = where_ == Where::kTags || where_ == Where::kAttachments;
  if (!item && inner_ == kNoInner) return true;
  if (wrong_inner_field_ == kFieldCount) {
    wrong_inner_field_ = field_;
    wrong_inner_ =
        item ? "an item is no object"
             : "a wrong JSON type in " + std::string(inner_ < kInner.size()  ? kInner[inner_]
                                                     : inner_ == kInInstance ? "instance"
                                                                             : "retrieved");
  }
  return true;
}

bool PostHandler::Null() {
  if (where_ == Where::kTags || where_ == Where::kAttachments) return Wrong();
  return depth_ == 0 ? Wrong() : true;
}

bool PostHandler::Bool(bool value) {
  if (where_ == Where::kRoot && field_ == kSensitive) {
    sensitive_ = value;
    return true;
  }
  if (where_ == Where::kRoot && field_ == kComplete) {
    complete_ = value;
    return true;
  }
  return Wrong();
}

bool PostHandler::Number(double value) {
  if (where_ == Where::kRoot && field_ == kV) {
    v_is_one_ = value == 1;
    return true;
  }
  if (where_ == Where::kAttachmentItem) return SetDimension(value);
  return Wrong();
}

bool PostHandler::SetDimension(double value) {
  if (inner_ != kInWidth && inner_ != kInHeight) return Wrong();
  constexpr double kMax = 9007199254740992.0;  // 2^53: what a JSON number holds exactly
  const auto whole = static_cast<std::int64_t>(std::clamp(std::floor(value), -kMax, kMax));
  Attachment& item = attachments_.back();
  (inner_ == kInWidth ? item.width : item.height) = whole;
  return true;
}

bool PostHandler::String(std::string_view text) {
  if (!Check(text)) return false;
  if (where_ == Where::kSkipped) return true;
  if (where_ == Where::kTags || where_ == Where::kAttachments || depth_ == 0) return Wrong();
  if (text.empty()) return true;  // as if absent
  if (where_ == Where::kRoot) {
    if (field_ == kUnknown) return true;
    if (field_ == kAttributedTo) {
      author_.id = text;
      return true;
    }
    if ((Bit(field_) & kStringFields) == 0) return Wrong();
    text_[field_] = text;
    return true;
  }
  std::string* const member = InnerString();
  if (member == nullptr) return Wrong();
  *member = text;
  return true;
}

std::string* PostHandler::InnerString() {
  if (where_ == Where::kAuthorObject) {
    switch (inner_) {
      case kInId:
        return &author_.id;
      case kInPreferredUsername:
        return &author_.preferred_username;
      case kInName:
        return &author_.name;
      case kInUrl:
        return &author_.url;
      case kInIcon:
        return &author_.icon;
      default:
        return nullptr;
    }
  }
  if (where_ == Where::kTagItem) {
    switch (inner_) {
      case kInType:
        return &tags_.back().type;
      case kInHref:
        return &tags_.back().href;
      case kInName:
        return &tags_.back().name;
      default:
        return nullptr;
    }
  }
  if (where_ == Where::kAttachmentItem) {
    switch (inner_) {
      case kInType:
        return &attachments_.back().type;
      case kInMediaType:
        return &attachments_.back().media_type;
      case kInUrl:
        return &attachments_.back().url;
      case kInName:
        return &attachments_.back().name;
      default:
        return nullptr;
    }
  }
  switch (inner_) {
    case kInKind:
      return &source_.kind;
    case kInInstance:
      return &source_.instance;
    case kInRetrieved:
      return &retrieved_;
    default:
      return nullptr;
  }
}

bool PostHandler::Key(std::string_view key) {
  if (!Check(key)) return false;
  if (!keys_.Add(key)) return Fail("the key " + Sample(key, 40) + " stands twice in one object");
  if (where_ == Where::kRoot) {
    field_ = FindField(key);
  } else if (where_ != Where::kSkipped) {
    inner_ = FindInner(key);
    // Only the members of this kind of object are known in it.
    const bool dimension = inner_ == kInWidth || inner_ == kInHeight;
    if (!(dimension && where_ == Where::kAttachmentItem) && InnerString() == nullptr) {
      inner_ = kNoInner;
    }
  }
  return true;
}

bool PostHandler::StartObject() {
  if (++depth_ > PostReader::kDepthMax) return Fail("nested too deeply");
  keys_.OpenObject();
  if (depth_ == 1) return true;
  switch (where_) {
    case Where::kRoot:
      if (field_ == kAttributedTo) {
        where_ = Where::kAuthorObject;
        return true;
      }
      if (field_ == kSource) {
        where_ = Where::kSourceObject;
        return true;
      }
      break;
    case Where::kTags:
      where_ = Where::kTagItem;
      tags_.emplace_back();
      return true;
    case Where::kAttachments:
      where_ = Where::kAttachmentItem;
      attachments_.emplace_back();
      return true;
    default:
      break;
  }
  Wrong();
  if (where_ != Where::kSkipped) {
    skip_return_ = where_;
    skip_depth_ = depth_;
    where_ = Where::kSkipped;
  }
  return true;
}

bool PostHandler::EndObject() {
  keys_.CloseObject();
  if (where_ == Where::kSkipped) {
    if (depth_ == skip_depth_) where_ = skip_return_;
  } else if (where_ == Where::kTagItem) {
    where_ = Where::kTags;
  } else if (where_ == Where::kAttachmentItem) {
    where_ = Where::kAttachments;
  } else {
    where_ = Where::kRoot;
  }
  --depth_;
  return true;
}

bool PostHandler::StartArray() {
  if (depth_ == 0) return Fail("no JSON object");
  if (++depth_ > PostReader::kDepthMax) return Fail("nested too deeply");
  if (where_ == Where::kRoot && (field_ == kTag || field_ == kAttachment)) {
    where_ = field_ == kTag ? Where::kTags : Where::kAttachments;
    return true;
  }
  Wrong();
  if (where_ != Where::kSkipped) {
    skip_return_ = where_;
    skip_depth_ = depth_;
    where_ = Where::kSkipped;
  }
  return true;
}

bool PostHandler::EndArray() {
  if (where_ == Where::kSkipped) {
    if (depth_ == skip_depth_) where_ = skip_return_;
  } else {
    where_ = Where::kRoot;
  }
  --depth_;
  return true;
}

}  // namespace latecomer
