// Writes records of `timelines`; timeline_record_json.cpp reads them.
#include "base/json_out.h"
#include "model/timeline_record_json.h"

namespace latecomer {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

std::string_view EntryKind(const EntryRecord& entry) { return entry.is_link ? "link" : "entry"; }

// One string as itself, several as an array, none not at all.
void AppendStrings(JsonObject& object, std::string_view name,
                   const std::vector<std::string>& strings) {
  if (strings.empty()) return;
  if (strings.size() == 1) {
    object.String(name, strings.front());
    return;
  }
  std::string& out = object.Key(name).out();
  char separator = '[';
  for (const std::string& text : strings) {
    out += separator;
    AppendJsonString(out, text);
    separator = ',';
  }
  out += ']';
}

// Unsigned 64 bits do not fit the numbers of many JSON readers: 16 hex digits.
std::string DigestText(std::uint64_t digest) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; digest >>= 4U) out[i] = kHex[digest & 15U];
  return out;
}

void AppendDeleted(JsonObject& object, bool deleted, const std::optional<TimeMs>& at) {
  if (!deleted) return;
  if (at) {
    object.Time("deleted", *at);
  } else {
    object.Bool("deleted", true);
  }
}

void AppendBody(JsonObject& object, const EntryRecord& entry) {
  if (!entry.unpublished) {
    object.Int("n", entry.n).Int("tree", entry.tree).Time("published", entry.published);
  }
  AppendStrings(object, "parent", entry.parents);
  AppendStrings(object, "context", entry.contexts);
  if (entry.root) object.Bool("root", true);
  object.String("via", entry.via == Via::kTag ? "tag" : "thread");
  if (!entry.author.empty()) object.String("author", entry.author);
  AppendStrings(object, "authors", entry.authors);
  AppendDeleted(object, entry.deleted, entry.deleted_at);
  if (entry.is_link || !entry.has_note) return;
  object.Time("stamp", entry.stamp).String("digest", DigestText(entry.digest));
  if (!entry.content.empty()) object.Raw("post", entry.content);
}

void AppendBody(JsonObject& object, const RepostRecord& repost) {
  AppendStrings(object, "object", repost.objects);
  if (repost.published) object.Time("published", *repost.published);
  if (!repost.by.empty()) object.String("by", repost.by);
  AppendStrings(object, "authors", repost.authors);
  AppendDeleted(object, repost.deleted, repost.deleted_at);
  object.Time("stamp", repost.stamp).String("digest", DigestText(repost.digest));
}

void AppendBody(JsonObject& object, const TreeRecord& tree) {
  if (tree.merged_into) {
    object.Int("merged_into", *tree.merged_into);
  } else if (!tree.root.empty()) {
    object.String("root", tree.root);
  }
}

void AppendBody(JsonObject& object, const SessionRecord& session) {
  if (session.first) {
    object.Time("first", *session.first);
  } else {
    object.Null("first");
  }
  if (session.last) {
    object.Time("last", *session.last);
  } else {
    object.Null("last");
  }
  object.Time("ends", session.ends);
  if (session.is_event) {
    object.String("event", session.event);
  } else {
    object.Null("event");
  }
}

void AppendBody(JsonObject& object, const CoverageRecord& coverage) {
  std::string& out = object.Key("ranges").out();
  out += '[';
  for (std::size_t i = 0; i < coverage.ranges.size(); ++i) {
    if (i > 0) out += ',';
    const CoverageRange& range = coverage.ranges[i];
    JsonObject item(out);
    item.Time("from", range.from).Time("to", range.to).Bool("complete", range.complete);
    if (!range.why.empty()) item.String("why", range.why);
    item.Close();
  }
  out += ']';
}

void AppendBody(JsonObject& object, const ForgottenRecord& forgotten) {
  object.Time("at", forgotten.at);
  if (forgotten.post) object.Bool("post", true);
  if (forgotten.author) object.Bool("author", true);
}

void AppendBody(JsonObject&, const RemovedRecord&) {}

std::string_view KindOf(const TimelineRecord& record) {
  return std::visit(Overloaded{[](const EntryRecord& r) { return EntryKind(r); },
                               [](const RepostRecord&) { return std::string_view("repost"); },
                               [](const TreeRecord&) { return std::string_view("tree"); },
                               [](const SessionRecord&) { return std::string_view("session"); },
                               [](const CoverageRecord&) { return std::string_view("coverage"); },
                               [](const ForgottenRecord&) { return std::string_view("forgotten"); },
                               [](const RemovedRecord& r) { return std::string_view(r.kind); }},
                    record.body);
}

void AppendKeyId(std::string& out, const TimelineRecord& record) {
  std::visit(Overloaded{[&](const EntryRecord& r) { out += r.id; },
                        [&](const RepostRecord& r) { out += r.id; },
                        [&](const TreeRecord& r) { AppendJsonInt(out, r.tree); },
                        [&](const SessionRecord& r) { AppendTime(out, r.id); },
                        [&](const CoverageRecord& r) { out += r.source; },
                        [&](const ForgottenRecord& r) { out += r.sha256; },
                        [&](const RemovedRecord& r) { out += r.id; }},
             record.body);
}

}  // namespace

void AppendTimelineKey(std::string& out, const TimelineRecord& record) {
  out += record.hashtag;
  out += ' ';
  out += KindOf(record);
  out += ' ';
  AppendKeyId(out, record);
}

bool AppendTimelineValue(std::string& out, const TimelineRecord& record) {
  if (std::holds_alternative<RemovedRecord>(record.body)) return false;
  JsonObject object(out);
  object.Int("v", 1).String("kind", KindOf(record)).String("hashtag", record.hashtag);
  JsonObject cause(object.Key("cause").out());
  cause.Int("partition", record.cause.partition).Int("offset", record.cause.offset).Close();
  std::visit([&](const auto& body) { AppendBody(object, body); }, record.body);
  object.Close();
  return true;
}

}  // namespace latecomer
