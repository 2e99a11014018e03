#include "replay/view_json.h"

#include "base/json_out.h"

namespace latecomer {
namespace {

void TimeOrNull(JsonObject& object, std::string_view name, std::optional<TimeMs> time) {
  if (time) {
    object.Time(name, *time);
  } else {
    object.Null(name);
  }
}

void AppendSourceCoverage(std::string& out, const CoverageRecord& coverage) {
  JsonObject object(out);
  object.String("source", coverage.source).Key("ranges");
  out += '[';
  bool first = true;
  for (const CoverageRange& range : coverage.ranges) {
    if (!first) out += ',';
    first = false;
    JsonObject value(out);
    value.Time("from", range.from).Time("to", range.to).Bool("complete", range.complete);
    if (range.why.empty()) {
      value.Null("why");
    } else {
      value.String("why", range.why);
    }
    value.Close();
  }
  out += ']';
  object.Close();
}

}  // namespace

void AppendSession(std::string& out, const HashtagView& view, std::uint32_t session) {
  const TimelineSession& s = view.timeline().sessions()[session];
  const SessionFacts& facts = view.session(session);
  JsonObject object(out);
  object.Time("id", s.record.id);
  TimeOrNull(object, "first", s.record.first);
  TimeOrNull(object, "last", s.record.last);
  object.Time("ends", s.record.ends);
  if (s.record.is_event) {
    object.String("event", s.record.event);
  } else {
    object.Null("event");
  }
  object.Uint("entries", s.entries)
      .Uint("participants", s.participants)
      .Uint("conversations", facts.conversations)
      .Uint("late", facts.late)
      .Close();
}

void AppendSessions(std::string& out, const HashtagView& view) {
  out += '[';
  for (std::uint32_t i = 0; i < view.timeline().sessions().size(); ++i) {
    if (i > 0) out += ',';
    AppendSession(out, view, i);
  }
  out += ']';
}

void AppendCoverage(std::string& out, const HashtagView& view) {
  out += '[';
  bool first = true;
  for (const CoverageRecord& coverage : view.coverage()) {
    if (!first) out += ',';
    first = false;
    AppendSourceCoverage(out, coverage);
  }
  out += ']';
}

void AppendHashtag(std::string& out, const HashtagView& view, HashtagDetail detail) {
  const Timeline& timeline = view.timeline();
  const auto& entries = timeline.entries();
  JsonObject object(out);
  object.String("hashtag", timeline.hashtag())
      .String("display", view.display())
      .Uint("entries", entries.size())
      .Uint("conversations", timeline.conversations().size())
      .Uint("participants", view.participants())
      .Uint("reposts", timeline.reposts_alive())
      .Uint("late", view.late());
  if (entries.empty()) {
    object.Null("first").Null("last");
  } else {
    object.Time("first", entries.front().record.published)
        .Time("last", entries.back().record.published);
  }
  object.Key("events");
  out += '[';
  bool first = true;
  for (std::uint32_t i = 0; i < timeline.sessions().size(); ++i) {
    if (!timeline.sessions()[i].record.is_event) continue;
    if (!first) out += ',';
    first = false;
    AppendSession(out, view, i);
  }
  out += ']';
  if (detail == HashtagDetail::kSessionsAndCoverage) {
    object.Key("sessions");
    AppendSessions(out, view);
    object.Key("coverage");
    AppendCoverage(out, view);
  }
  object.Close();
}

void AppendRepost(std::string& out, const HashtagView& view, std::uint32_t repost) {
  const RepostRecord& record = view.timeline().reposts()[repost];
  const std::string& object_id = record.objects.front();
  const std::uint32_t entry = view.timeline().FindEntry(object_id);
  JsonObject object(out);
  if (entry == kNone) {
    object.Null("n_of");
  } else {
    object.String("n_of", std::to_string(view.timeline().entries()[entry].record.n));
  }
  object.String("object", object_id);
  TimeOrNull(object, "published", record.published);
  if (record.by.empty()) {
    object.Null("by");
  } else {
    object.String("by", record.by);
  }
  object.Close();
}

}  // namespace latecomer
