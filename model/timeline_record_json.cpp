// Reads records of `timelines`; timeline_record_write.cpp writes them.
#include "model/timeline_record_json.h"

#include <rapidjson/document.h>

#include <charconv>

namespace latecomer {
namespace {

// Reads members of a record, remembering the first one that is not as it must be.
class Members {
 public:
  explicit Members(const rapidjson::Value& object) : object_(object) {}

  const rapidjson::Value* Find(const char* name) const {
    const auto it = object_.FindMember(name);
    return it == object_.MemberEnd() || it->value.IsNull() ? nullptr : &it->value;
  }
  std::string String(const char* name) {
    const rapidjson::Value* value = Find(name);
    if (value == nullptr) return {};
    if (!value->IsString()) return Bad(name), std::string();
    return {value->GetString(), value->GetStringLength()};
  }
  std::vector<std::string> Strings(const char* name) {
    std::vector<std::string> out;
    const rapidjson::Value* value = Find(name);
    if (value == nullptr) return out;
    if (value->IsString()) {
      out.emplace_back(value->GetString(), value->GetStringLength());
      return out;
    }
    if (!value->IsArray()) return Bad(name), out;
    for (const rapidjson::Value& item : value->GetArray()) {
      if (!item.IsString()) return Bad(name), out;
      out.emplace_back(item.GetString(), item.GetStringLength());
    }
    return out;
  }
  std::int64_t Int(const char* name) {
    const rapidjson::Value* value = Find(name);
    if (value == nullptr || !value->IsInt64()) return Bad(name), 0;
    return value->GetInt64();
  }
  bool Bool(const char* name) {
    const rapidjson::Value* value = Find(name);
    if (value == nullptr) return false;
    if (!value->IsBool()) return Bad(name), false;
    return value->GetBool();
  }
  std::optional<TimeMs> OptionalTime(const char* name) {
    const rapidjson::Value* value = Find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->IsString()) return Bad(name), std::nullopt;
    const auto time = ParseTime({value->GetString(), value->GetStringLength()});
    if (!time) Bad(name);
    return time;
  }
  TimeMs Time(const char* name) {
    const std::optional<TimeMs> time = OptionalTime(name);
    if (!time) Bad(name);
    return time.value_or(0);
  }
  std::uint64_t Digest(const char* name) {
    const std::string text = String(name);
    std::uint64_t digest = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), digest, 16);
    if (text.size() != 16 || parsed.ptr != text.data() + text.size()) Bad(name);
    return digest;
  }
  void Deleted(bool& deleted, std::optional<TimeMs>& at) {
    const rapidjson::Value* value = Find("deleted");
    deleted = value != nullptr;
    if (value != nullptr && !value->IsTrue()) at = OptionalTime("deleted");
  }
  void Bad(const char* name) {
    if (bad_ == nullptr) bad_ = name;
  }
  const char* bad() const { return bad_; }

 private:
  const rapidjson::Value& object_;
  const char* bad_ = nullptr;
};

EntryRecord ReadEntry(std::string_view id, bool is_link, Members& in) {
  EntryRecord entry;
  entry.id = id;
  entry.is_link = is_link;
  entry.unpublished = in.Find("published") == nullptr;
  if (!entry.unpublished) {
    entry.n = in.Int("n");
    entry.tree = in.Int("tree");
    entry.published = in.Time("published");
  }
  entry.parents = in.Strings("parent");
  entry.contexts = in.Strings("context");
  entry.root = in.Bool("root");
  entry.via = in.String("via") == "thread" ? Via::kThread : Via::kTag;
  entry.author = in.String("author");
  entry.authors = in.Strings("authors");
  in.Deleted(entry.deleted, entry.deleted_at);
  entry.has_note = is_link || in.Find("stamp") != nullptr;
  if (entry.unpublished && !entry.deleted) in.Bad("published");
  if (is_link || !entry.has_note) return entry;
  entry.stamp = in.Time("stamp");
  entry.digest = in.Digest("digest");
  return entry;
}

RepostRecord ReadRepost(std::string_view id, Members& in) {
  RepostRecord repost;
  repost.id = id;
  repost.objects = in.Strings("object");
  repost.published = in.OptionalTime("published");
  repost.by = in.String("by");
  repost.authors = in.Strings("authors");
  in.Deleted(repost.deleted, repost.deleted_at);
  repost.stamp = in.Time("stamp");
  repost.digest = in.Digest("digest");
  return repost;
}

TreeRecord ReadTree(std::string_view id, Members& in) {
  TreeRecord tree;
  const auto parsed = std::from_chars(id.data(), id.data() + id.size(), tree.tree);
  if (parsed.ec != std::errc() || parsed.ptr != id.data() + id.size()) in.Bad("key");
  tree.root = in.String("root");
  if (in.Find("merged_into") != nullptr) tree.merged_into = in.Int("merged_into");
  return tree;
}

SessionRecord ReadSession(std::string_view id, Members& in) {
  SessionRecord session;
  const std::optional<TimeMs> start = ParseTime(id);
  if (!start) in.Bad("key");
  session.id = start.value_or(0);
  session.first = in.OptionalTime("first");
  session.last = in.OptionalTime("last");
  session.ends = in.Time("ends");
  session.is_event = in.Find("event") != nullptr;
  session.event = in.String("event");
  return session;
}

CoverageRecord ReadCoverage(std::string_view id, Members& in) {
  CoverageRecord coverage;
  coverage.source = id;
  const rapidjson::Value* ranges = in.Find("ranges");
  if (ranges == nullptr || !ranges->IsArray()) return in.Bad("ranges"), coverage;
  for (const rapidjson::Value& item : ranges->GetArray()) {
    if (!item.IsObject()) return in.Bad("ranges"), coverage;
    Members range(item);
    coverage.ranges.push_back(
        {range.Time("from"), range.Time("to"), range.Bool("complete"), range.String("why")});
    if (range.bad() != nullptr) in.Bad("ranges");
  }
  return coverage;
}

ForgottenRecord ReadForgotten(std::string_view id, Members& in) {
  return {std::string(id), in.Time("at"), in.Bool("post"), in.Bool("author")};
}

struct KeyParts {
  std::string_view hashtag;
  std::string_view kind;
  std::string_view id;
};

std::optional<KeyParts> SplitKey(std::string_view key) {
  const std::size_t first = key.find(' ');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = key.find(' ', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return KeyParts{key.substr(0, first), key.substr(first + 1, second - first - 1),
                  key.substr(second + 1)};
}

// The content object stands last: where it begins, or npos. The pattern cannot occur inside a
// string, since a quote there is escaped.
std::size_t FindContent(std::string_view value) { return value.find(R"(,"post":{)"); }

bool ReadBody(const KeyParts& key, Members& in, TimelineRecord& record) {
  if (key.kind == "entry" || key.kind == "link") {
    record.body = ReadEntry(key.id, key.kind == "link", in);
  } else if (key.kind == "repost") {
    record.body = ReadRepost(key.id, in);
  } else if (key.kind == "tree") {
    record.body = ReadTree(key.id, in);
  } else if (key.kind == "session") {
    record.body = ReadSession(key.id, in);
  } else if (key.kind == "coverage") {
    record.body = ReadCoverage(key.id, in);
  } else if (key.kind == "forgotten") {
    record.body = ReadForgotten(key.id, in);
  } else {
    return false;
  }
  return true;
}

Error BadRecord(std::string_view key, std::string_view what) {
  return Corrupt("timelines record \"" + std::string(key) + "\": " + std::string(what));
}

}  // namespace

Result<TimelineRecord> ReadTimelineRecord(std::string_view key,
                                          std::optional<std::string_view> value,
                                          ReadContentToo content) {
  const std::optional<KeyParts> parts = SplitKey(key);
  if (!parts) return BadRecord(key, "the key is not \"hashtag kind id\"");
  TimelineRecord record;
  record.hashtag = parts->hashtag;
  if (!value) {
    record.body = RemovedRecord{std::string(parts->kind), std::string(parts->id)};
    return record;
  }
  const std::size_t content_at = FindContent(*value);
  std::string json(value->substr(0, content_at));
  if (content_at != std::string_view::npos) json += '}';
  json.append(16, '\0');  // room for RapidJSON's 16-byte reads
  // Most records are small: their whole DOM fits on the stack.
  char pool[4096];
  rapidjson::MemoryPoolAllocator<> allocator(pool, sizeof pool);
  rapidjson::Document document(&allocator);
  document.ParseInsitu(json.data());
  if (document.HasParseError() || !document.IsObject()) return BadRecord(key, "no JSON object");
  Members in(document);
  if (in.Int("v") != 1) return BadRecord(key, "v is not 1");
  if (const rapidjson::Value* cause = in.Find("cause"); cause != nullptr && cause->IsObject()) {
    Members inner(*cause);
    record.cause.partition = static_cast<std::int32_t>(inner.Int("partition"));
    record.cause.offset = inner.Int("offset");
  }
  if (!ReadBody(*parts, in, record)) return BadRecord(key, "unknown kind");
  if (in.bad() != nullptr) return BadRecord(key, std::string("bad member ") + in.bad());
  if (content == ReadContentToo::kYes && content_at != std::string_view::npos) {
    if (EntryRecord* entry = std::get_if<EntryRecord>(&record.body)) {
      constexpr std::size_t kNameBytes = std::string_view(R"(,"post":)").size();
      entry->content = value->substr(content_at + kNameBytes);
      entry->content.pop_back();  // the record's own closing brace
    }
  }
  return record;
}

}  // namespace latecomer
