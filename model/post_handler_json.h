// The SAX handler behind PostReader. Only *_json.cpp files include this.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/json_keys.h"
#include "model/post.h"

namespace latecomer {

// Reads one JSON object into plain fields, remembering for each known member whether it had the
// right type; what that means depends on `type`, which may come last, so Finish decides.
class PostHandler {
 public:
  // Parses; kInvalid for what is no JSON object of valid UTF-8, has duplicate keys, NUL, lone
  // surrogates or too deep a nesting.
  Status Parse(std::string_view json);
  // Checks the whole against the contract and moves it into `value`, reusing its memory.
  Status Finish(PostsValue& value);
  // Moves the content fields only.
  Status TakeContent(Post& post);

  // The handler concept of RapidJSON, called by Parse.
  bool Null();
  bool Bool(bool value);
  bool Number(double value);
  bool String(std::string_view text);
  bool Key(std::string_view key);
  bool StartObject();
  bool EndObject();
  bool StartArray();
  bool EndArray();

  enum Field : std::uint8_t {
    kV,
    kType,
    kId,
    kUrl,
    kPublished,
    kUpdated,
    kDeleted,
    kAttributedTo,
    kContent,
    kSummary,
    kLanguage,
    kSensitive,
    kInReplyTo,
    kContext,
    kObject,
    kQuoteUri,
    kTag,
    kAttachment,
    kVia,
    kSource,
    kFrom,
    kTo,
    kComplete,
    kWhy,
    kPost,
    kAuthor,
    kFieldCount,
    kUnknown = kFieldCount
  };

  static constexpr std::array<std::string_view, kFieldCount> kNames = {
      "v",         "type",         "id",      "url",      "published", "updated",
      "deleted",   "attributedTo", "content", "summary",  "language",  "sensitive",
      "inReplyTo", "context",      "object",  "quoteUri", "tag",       "attachment",
      "via",       "source",       "from",    "to",       "complete",  "why",
      "post",      "author"};

 private:
  enum class Where : std::uint8_t {
    kRoot,
    kAuthorObject,
    kTags,
    kTagItem,
    kAttachments,
    kAttachmentItem,
    kSourceObject,
    kSkipped
  };

  struct ParseOutcome {
    Status status;
    bool number_too_big = false;
    std::size_t offset = 0;
  };

  ParseOutcome ParseOnce(std::string_view json);
  bool Fail(std::string message);
  bool Wrong();  // the present member has a wrong JSON type
  bool Check(std::string_view text);
  void SetRoot(std::string_view text);
  void SetInner(std::string_view text);
  bool SetDimension(double value);
  std::string* InnerString();
  void Reset();

  Status CheckTypes(std::uint32_t known) const;
  Status CheckId(std::string_view name, const std::string& id) const;
  Status Time(Field field, std::optional<TimeMs>& out) const;
  Status FinishPost(PostType type, Post& post);
  Status FinishTimes(Post& post);
  Status FinishCoverage(Coverage& coverage);
  Status FinishForget(Forget& forget);
  void MoveContent(Post& post);
  std::string_view Text(Field field) const { return text_[field]; }

  std::vector<char> buffer_;  // the text, parsed in place
  std::string_view text_[kFieldCount];
  std::uint32_t wrong_ = 0;  // bit a field: it had a wrong JSON type
  std::string wrong_inner_;  // a wrong type inside attributedTo, tag, attachment or source
  std::uint32_t wrong_inner_field_ = kFieldCount;
  bool v_is_one_ = true;
  bool sensitive_ = false;
  std::optional<bool> complete_;
  Author author_;
  PostSource source_;
  std::string retrieved_;
  std::vector<Tag> tags_;
  std::vector<Attachment> attachments_;

  JsonKeys keys_;
  std::string error_;
  bool check_strings_ = false;  // the text has \u escapes: NUL or lone surrogates may come of them
  Where where_ = Where::kRoot;
  Field field_ = kUnknown;
  std::uint8_t inner_ = 0;  // member of the inner object, 0: unknown
  int depth_ = 0;
  int skip_depth_ = 0;
  Where skip_return_ = Where::kRoot;
};

}  // namespace latecomer
