#include "replay/sse_text.h"

#include "base/json_out.h"
#include "replay/view_json.h"

namespace latecomer {
namespace {

std::string_view NameOf(FeedEvent::Kind kind) {
  switch (kind) {
    case FeedEvent::Kind::kSession:
      return "session";
    case FeedEvent::Kind::kEntry:
      return "entry";
    case FeedEvent::Kind::kRepost:
      return "repost";
    case FeedEvent::Kind::kGap:
      return "gap";
    case FeedEvent::Kind::kBackfill:
      return "backfill";
    case FeedEvent::Kind::kDeleted:
      return "deleted";
    case FeedEvent::Kind::kLive:
      break;
  }
  return "live";
}

TimeMs Bounded(TimeMs time) { return time > kTimeMsMax ? kTimeMsMax : time; }

void AppendData(std::string& out, const HashtagView& view, const FeedEvent& event,
                std::string_view entry_json) {
  switch (event.kind) {
    case FeedEvent::Kind::kSession:
      AppendSession(out, view, event.index);
      return;
    case FeedEvent::Kind::kEntry:
      out.append(entry_json, 0, entry_json.size() - 1);
      out += ",\"event_time\":";
      AppendJsonTime(out, Bounded(event.event_time));
      out += event.behind ? ",\"behind\":true}" : "}";
      return;
    case FeedEvent::Kind::kRepost:
      AppendRepost(out, view, event.index);
      return;
    case FeedEvent::Kind::kGap:
      JsonObject(out)
          .Time("from", event.from)
          .Time("to", event.to)
          .Int("skipped_s", event.number)
          .Close();
      return;
    case FeedEvent::Kind::kBackfill:
      JsonObject(out)
          .Int("count", event.number)
          .Time("from", event.from)
          .Time("to", Bounded(event.to))
          .Close();
      return;
    case FeedEvent::Kind::kDeleted:
      JsonObject(out).String("n", std::to_string(event.number)).Close();
      return;
    case FeedEvent::Kind::kLive:
      JsonObject(out).Time("event_time", Bounded(event.event_time)).Close();
      return;
  }
}

}  // namespace

void AppendSseEvent(std::string& out, const HashtagView& view, const FeedEvent& event,
                    std::string_view entry_json) {
  out += "id: ";
  out += EncodeFeedCursor(event.cursor);
  out += "\nevent: ";
  out += NameOf(event.kind);
  out += "\ndata: ";
  AppendData(out, view, event, entry_json);  // compact JSON has no line end in it
  out += "\n\n";
}

}  // namespace latecomer
