#include "model/timeline_json.h"

#include "base/json_out.h"

namespace latecomer {
namespace {

void NullableTime(JsonObject& object, std::string_view name, const std::optional<TimeMs>& time) {
  if (time) {
    object.Time(name, *time);
  } else {
    object.Null(name);
  }
}

void NullableString(JsonObject& object, std::string_view name, std::string_view text) {
  if (text.empty()) {
    object.Null(name);
  } else {
    object.String(name, text);
  }
}

void AppendHeader(std::string& out, const Timeline& timeline, std::int64_t gap_ms) {
  JsonObject object(out);
  object.String("kind", "hashtag").String("hashtag", timeline.hashtag());
  object.Int("gap_s", gap_ms / 1000).Uint("entries", timeline.entries().size());
  object.Uint("placeholders", timeline.missing_ids());
  object.Uint("conversations", timeline.conversations().size());
  object.Uint("sessions", timeline.sessions().size());
  object.Uint("reposts", timeline.reposts_alive()).Close();
}

void AppendSession(std::string& out, const TimelineSession& session) {
  JsonObject object(out);
  object.String("kind", "session").Time("id", session.record.id);
  NullableTime(object, "first", session.record.first);
  NullableTime(object, "last", session.record.last);
  object.Time("ends", session.record.ends);
  if (session.record.is_event) {
    object.String("event", session.record.event);
  } else {
    object.Null("event");
  }
  object.Uint("entries", session.entries).Uint("participants", session.participants).Close();
}

void AppendConversation(std::string& out, const TimelineConversation& conversation) {
  JsonObject object(out);
  object.String("kind", "conversation").String("id", conversation.id);
  object.Bool("root_known", conversation.root_known);
  object.Uint("entries", conversation.entries.size());
  object.Uint("participants", conversation.participants);
  object.Time("first", conversation.first).Time("last", conversation.last).Close();
}

void AppendEntry(std::string& out, const Timeline& timeline, const TimelineEntry& entry,
                 const EntryText& text) {
  const EntryRecord& record = entry.record;
  JsonObject object(out);
  object.String("kind", "entry").String("id", record.id).Time("published", record.published);
  NullableString(object, "author", record.deleted ? std::string_view() : record.author);
  NullableString(object, "parent",
                 entry.parent_node == kNone ? "" : timeline.NodeId(entry.parent_node));
  object.String("conversation", timeline.conversations()[entry.conversation].id);
  object.Uint("depth", entry.depth);
  if (entry.session == kNone) {
    object.Null("session");
  } else {
    object.Time("session", timeline.sessions()[entry.session].record.id);
  }
  if (entry.late_by_s) {
    object.Int("late_by_s", *entry.late_by_s);
  } else {
    object.Null("late_by_s");
  }
  object.String("via", record.via == Via::kTag ? "tag" : "thread");
  object.Bool("deleted", record.deleted).Uint("replies", entry.replies);
  object.Uint("reposts", entry.reposts);
  if (record.deleted) {
    object.Null("text");
  } else {
    object.String("text", text(entry));
  }
  object.Close();
}

}  // namespace

void WriteTimelineJson(const Timeline& timeline, std::int64_t gap_ms, std::uint32_t only_session,
                       const EntryText& text, const LineSink& sink) {
  std::string line;
  const auto flush = [&] {
    sink(line);
    line.clear();
  };
  const auto in_session = [&](std::uint32_t entry) {
    return only_session == kNone || timeline.entries()[entry].session == only_session;
  };
  AppendHeader(line, timeline, gap_ms);
  flush();
  for (std::uint32_t s = 0; s < timeline.sessions().size(); ++s) {
    if (only_session != kNone && s != only_session) continue;
    AppendSession(line, timeline.sessions()[s]);
    flush();
  }
  for (const TimelineConversation& conversation : timeline.conversations()) {
    bool any = only_session == kNone;
    for (std::size_t i = 0; i < conversation.entries.size() && !any; ++i) {
      any = in_session(conversation.entries[i]);
    }
    if (!any) continue;
    AppendConversation(line, conversation);
    flush();
  }
  for (std::uint32_t i = 0; i < timeline.entries().size(); ++i) {
    if (!in_session(i)) continue;
    AppendEntry(line, timeline, timeline.entries()[i], text);
    flush();
  }
}

}  // namespace latecomer
