#include "app/timeline_text.h"

#include <algorithm>
#include <map>

#include "model/html.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr std::size_t kTextBytesMax = 160;
constexpr std::uint32_t kIndentMax = 12;

std::string Day(TimeMs time) { return FormatTime(time).substr(0, 10); }
std::string Minute(TimeMs time) { return FormatTime(time).substr(11, 5); }

std::string OneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::string cut = Sample(text, kTextBytesMax);
  return cut.size() < text.size() ? cut + "…" : cut;
}

std::string EntryLine(const TimelineEntry& entry, const EntryContent& content) {
  const std::uint32_t depth = std::min(entry.depth, kIndentMax);
  std::string line = "  " + Day(entry.record.published) + " " + Minute(entry.record.published) +
                     " " + std::string(2 * depth, ' ');
  if (entry.late_by_s) line += "(" + LateText(*entry.late_by_s) + ") ";
  if (entry.record.deleted) return line + "[deleted]";
  const Post post = content(entry);
  const std::string& name = post.attributed_to.preferred_username.empty()
                                ? post.attributed_to.id
                                : post.attributed_to.preferred_username;
  line += (name.empty() ? "somebody" : name) + ": " + OneLine(TextFromHtml(post.content));
  if (entry.reposts > 0) line += "  [" + std::to_string(entry.reposts) + " reposts]";
  return line;
}

// The entries of a conversation, each below its parent, siblings in timeline order.
class Thread {
 public:
  Thread(const Timeline& timeline, const TimelineConversation& conversation) : timeline_(timeline) {
    for (const std::uint32_t i : conversation.entries) Hang(i);
    root_ = conversation.root_node;
  }

  template <typename Visit>
  void Walk(Visit visit) const {
    std::vector<std::uint32_t> stack{root_};
    while (!stack.empty()) {
      const std::uint32_t node = stack.back();
      stack.pop_back();
      visit(node);
      const auto children = children_.find(node);
      if (children == children_.end()) continue;
      stack.insert(stack.end(), children->second.rbegin(), children->second.rend());
    }
  }

 private:
  void Hang(std::uint32_t entry) {
    std::uint32_t node = entry;
    std::uint32_t parent = timeline_.entries()[entry].parent_node;
    // A placeholder hangs from another one, and has its place with its first child.
    while (parent != kNone) {
      auto& list = children_[parent];
      const bool placeholder = node >= timeline_.entries().size();
      if (placeholder && std::find(list.begin(), list.end(), node) != list.end()) return;
      list.push_back(node);
      if (parent < timeline_.entries().size()) return;
      node = parent;
      parent = timeline_.placeholders()[node - timeline_.entries().size()].parent_node;
    }
  }

  const Timeline& timeline_;
  std::uint32_t root_ = 0;
  std::map<std::uint32_t, std::vector<std::uint32_t>> children_;
};

void WriteThread(const Timeline& timeline, const TimelineConversation& conversation,
                 const EntryContent& content, const LineSink& sink) {
  Thread(timeline, conversation).Walk([&](std::uint32_t node) {
    if (node < timeline.entries().size()) {
      sink(EntryLine(timeline.entries()[node], content));
    } else {
      sink("  (a post that nobody has: " + std::string(timeline.NodeId(node)) + ")");
    }
  });
}

}  // namespace

std::string LateText(std::int64_t seconds) {
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  constexpr Unit kUnits[] = {{31'556'952, " y"}, {2'629'746, " months"}, {604'800, " weeks"},
                             {86'400, " d"},     {3'600, " h"},          {60, " min"}};
  for (const Unit& unit : kUnits) {
    if (seconds >= unit.seconds) return "+" + std::to_string(seconds / unit.seconds) + unit.name;
  }
  return "+" + std::to_string(seconds) + " s";
}

void WriteTimelineText(const Timeline& timeline, const EntryContent& content,
                       const LineSink& sink) {
  sink("#" + timeline.hashtag() + ": " + std::to_string(timeline.entries().size()) + " posts in " +
       std::to_string(timeline.conversations().size()) + " conversations, " +
       std::to_string(timeline.sessions().size()) + " sessions, " +
       std::to_string(timeline.reposts_alive()) + " reposts");
  // A conversation stands in the session in which it began.
  std::map<std::uint32_t, std::vector<const TimelineConversation*>> by_session;
  for (const TimelineConversation& conversation : timeline.conversations()) {
    by_session[timeline.SessionAt(conversation.first)].push_back(&conversation);
  }
  const auto write = [&](std::uint32_t session) {
    for (const TimelineConversation* conversation : by_session[session]) {
      WriteThread(timeline, *conversation, content, sink);
      sink("");
    }
  };
  for (std::uint32_t s = 0; s < timeline.sessions().size(); ++s) {
    const TimelineSession& session = timeline.sessions()[s];
    sink("");
    sink("== " + (session.record.is_event ? session.record.event : std::string("Session")) + ", " +
         Day(session.record.id) + " " + Minute(session.record.id) + " UTC: " +
         std::to_string(session.entries) + " posts by " + std::to_string(session.participants));
    write(s);
  }
  if (by_session.count(kNone) > 0) {
    sink("== Outside every session");
    write(kNone);
  }
}

}  // namespace latecomer
