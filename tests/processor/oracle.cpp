#include "tests/processor/oracle.h"

#include <xxhash.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "base/json_out.h"
#include "base/sha256.h"
#include "model/post_json.h"

namespace latecomer {
namespace {

// What all versions of one id say together.
struct Folded {
  std::string id;
  std::optional<TimeMs> published;
  std::string in_reply_to;
  std::string context;
  std::string object;
  bool is_root = false;
  bool tagged = false;
  bool deleted = false;
  bool announced = false;
  std::string author;
  std::string content;
};

using Key = std::pair<TimeMs, std::string>;        // timeline order
using Node = std::pair<std::string, std::string>;  // entry: (id, "=="); placeholder: (id, context)
const char* const kEntry = "==";

std::string Urn(const std::string& id) { return "urn:latecomer:forgotten:" + Sha256Hex(id); }

class Oracle {
 public:
  Oracle(const HashtagSettings& settings, const std::vector<PostsValue>& values)
      : settings_(settings) {
    std::set<std::string> forgotten_authors;
    for (const PostsValue& value : values) {
      if (const auto* forget = std::get_if<Forget>(&value)) {
        if (!forget->post.empty()) forgotten_.insert(forget->post);
        if (!forget->author.empty()) forgotten_authors.insert(forget->author);
      }
    }
    std::map<std::string, std::vector<Post>> versions;
    for (const PostsValue& value : values) {
      if (const auto* post = std::get_if<Post>(&value)) {
        if (forgotten_authors.count(post->attributed_to.id) > 0) forgotten_.insert(post->id);
        versions[post->id].push_back(*post);
      }
    }
    for (auto& [id, list] : versions) {
      if (forgotten_.count(id) > 0) continue;
      Folded folded = Fold(id, list);
      if (folded.announced) {
        reposts_.push_back(folded);
      } else if (folded.published) {
        entries_[id] = folded;
      }
    }
    for (const auto& [id, entry] : entries_) order_.insert({*entry.published, id});
    Link();
    MakeSessions();
  }

  std::string Write();

 private:
  std::string Renamed(const std::string& id) const {
    return forgotten_.count(id) > 0 ? Urn(id) : id;
  }
  static void Smaller(std::string& chosen, const std::string& candidate) {
    if (!candidate.empty() && (chosen.empty() || candidate < chosen)) chosen = candidate;
  }

  Folded Fold(const std::string& id, const std::vector<Post>& list) const {
    Folded f;
    f.id = id;
    std::optional<std::pair<TimeMs, std::uint64_t>> best;
    for (const Post& post : list) {
      if (post.published && (!f.published || *post.published < *f.published)) {
        f.published = post.published;
      }
      const std::string reply = Renamed(post.in_reply_to);
      const std::string context = Renamed(post.context);
      if (reply != id) Smaller(f.in_reply_to, reply);
      if (context == id) f.is_root = true;
      if (context != id) Smaller(f.context, context);
      Smaller(f.object, Renamed(post.object));
      if (post.type == PostType::kTombstone) f.deleted = true;
      if (post.type == PostType::kAnnounce) f.announced = true;
      if (post.type != PostType::kNote) continue;
      if (post.via == Via::kTag) f.tagged = true;
      std::string json;
      AppendContent(json, post);
      const std::pair<TimeMs, std::uint64_t> stamp{post.updated.value_or(*post.published),
                                                   XXH3_64bits(json.data(), json.size())};
      if (!best || stamp > *best) {
        best = stamp;
        f.author = post.attributed_to.id;
        f.content = post.content;
      }
    }
    return f;
  }

  // The parent as section 3.2 has it, cycles not yet looked at.
  std::optional<Node> Above(const Node& node) const {
    if (node.second != kEntry) {
      if (node.second.empty()) return std::nullopt;
      return Named(node.second, "");
    }
    const Folded& entry = entries_.at(node.first);
    if (entry.is_root) return std::nullopt;
    if (!entry.in_reply_to.empty()) return Named(entry.in_reply_to, entry.context);
    if (!entry.context.empty()) return Named(entry.context, "");
    return std::nullopt;
  }
  Node Named(const std::string& id, const std::string& context) const {
    if (entries_.count(id) > 0) return {id, kEntry};
    return {id, context == id ? "" : context};
  }
  Key KeyOf(const std::string& id) const { return {*entries_.at(id).published, id}; }

  void Link() {
    // All nodes that followed links reach.
    for (const auto& [id, entry] : entries_) {
      std::optional<Node> node = Node{id, kEntry};
      while (node && nodes_.insert(*node).second) node = Above(*node);
    }
    // From each node walk as far as there are nodes: who comes back to himself is in a cycle.
    std::set<std::string> cut;
    for (const Node& node : nodes_) {
      std::vector<Node> way;
      std::optional<Node> at = Above(node);
      while (at && *at != node && way.size() <= nodes_.size()) {
        way.push_back(*at);
        at = Above(*at);
      }
      if (!at || *at != node) continue;
      way.push_back(node);
      std::optional<Key> smallest;
      for (const Node& member : way) {
        if (member.second != kEntry) continue;
        if (!smallest || KeyOf(member.first) < *smallest) smallest = KeyOf(member.first);
      }
      cut.insert(smallest->second);
    }
    for (const Node& node : nodes_) {
      std::optional<Node> above = Above(node);
      if (node.second == kEntry && cut.count(node.first) > 0) above.reset();
      parent_[node] = above;
    }
    for (const Node& node : nodes_) {
      std::size_t depth = 0;
      Node top = node;
      while (parent_[top]) {
        top = *parent_[top];
        ++depth;
      }
      depth_[node] = depth;
      top_[node] = top;
    }
  }

  struct Session {
    TimeMs id = 0;
    std::optional<TimeMs> first;
    std::optional<TimeMs> last;
    TimeMs ends = 0;
    const EventWindow* event = nullptr;
  };

  void MakeSessions() {
    for (const EventWindow& event : settings_.events) {
      Session session{event.start, {}, {}, event.end, &event};
      for (const Key& key : order_) {
        if (!entries_.at(key.second).tagged || !In(session, key.first)) continue;
        if (!session.first) session.first = key.first;
        session.last = key.first;
      }
      sessions_[event.start] = session;
    }
    const std::map<TimeMs, Session> events = sessions_;
    std::optional<TimeMs> open;
    for (const Key& key : order_) {
      if (!entries_.at(key.second).tagged) continue;
      const TimeMs time = key.first;
      bool in_event = false;
      bool event_between = false;
      for (const auto& [start, event] : events) {
        in_event = in_event || In(event, time);
        event_between =
            event_between || (open && start > *sessions_.at(*open).last && start <= time);
      }
      if (in_event) continue;
      if (!open || event_between || time - *sessions_.at(*open).last > settings_.gap_ms) {
        open = time;
        sessions_[time] = Session{time, time, time, 0, nullptr};
      }
      sessions_.at(*open).last = time;
    }
    for (auto& [id, session] : sessions_) {
      if (session.event != nullptr) continue;
      session.ends = std::min(*session.last + settings_.gap_ms, kTimeMsMax);
      const auto next = events.lower_bound(*session.last);
      if (next != events.end()) session.ends = std::min(session.ends, next->first);
    }
  }

  static bool In(const Session& session, TimeMs time) {
    if (session.event != nullptr) return session.id <= time && time < session.ends;
    return session.id <= time && time <= session.ends;
  }
  const Session* SessionOf(TimeMs time) const {
    const Session* found = nullptr;
    for (const auto& [id, session] : sessions_) {
      if (!In(session, time)) continue;
      if (found == nullptr || session.event != nullptr) found = &session;
    }
    return found;
  }

  std::optional<std::int64_t> LateBy(const std::string& id) const {
    const Node top = top_.at({id, kEntry});
    std::optional<std::pair<std::size_t, Key>> first;
    for (const Key& key : order_) {
      const Node node{key.second, kEntry};
      if (!entries_.at(key.second).tagged || top_.at(node) != top) continue;
      const std::pair<std::size_t, Key> rank{depth_.at(node), key};
      if (!first || rank < *first) first = rank;
    }
    if (!first) return std::nullopt;
    const Session* session = SessionOf(first->second.first);
    const TimeMs time = *entries_.at(id).published;
    if (session->event != nullptr) {
      if (time < session->ends) return std::nullopt;
      return (time - session->ends) / 1000;
    }
    if (time <= session->ends) return std::nullopt;
    return (time - *session->last) / 1000;
  }

  const HashtagSettings& settings_;
  std::set<std::string> forgotten_;
  std::map<std::string, Folded> entries_;
  std::vector<Folded> reposts_;
  std::set<Key> order_;
  std::set<Node> nodes_;
  std::map<Node, std::optional<Node>> parent_;
  std::map<Node, std::size_t> depth_;
  std::map<Node, Node> top_;
  std::map<TimeMs, Session> sessions_;
};

std::string Quoted(const std::string& text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}
std::string OrNull(const std::optional<TimeMs>& time) {
  return time ? Quoted(FormatTime(*time)) : "null";
}
std::string OrNull(const std::string& text) { return text.empty() ? "null" : Quoted(text); }

std::string Oracle::Write() {
  std::set<std::string> missing;
  for (const Node& node : nodes_) {
    if (node.second != kEntry) missing.insert(node.first);
  }
  struct Conversation {
    Node top;
    std::vector<std::string> entries;
    std::set<std::string> authors;
  };
  std::map<Node, Conversation> by_top;
  for (const Key& key : order_) {
    Conversation& conversation = by_top[top_.at({key.second, kEntry})];
    conversation.top = top_.at({key.second, kEntry});
    conversation.entries.push_back(key.second);
    const Folded& entry = entries_.at(key.second);
    if (!entry.deleted && !entry.author.empty()) conversation.authors.insert(entry.author);
  }
  std::map<std::pair<TimeMs, std::string>, const Conversation*> conversations;
  for (const auto& [top, c] : by_top) {
    conversations[{*entries_.at(c.entries.front()).published, top.first}] = &c;
  }
  const auto alive = std::count_if(reposts_.begin(), reposts_.end(),
                                   [](const Folded& repost) { return !repost.deleted; });
  std::ostringstream out;
  out << R"({"kind":"hashtag","hashtag":)" << Quoted(settings_.hashtag) << R"(,"gap_s":)"
      << settings_.gap_ms / 1000 << R"(,"entries":)" << entries_.size() << R"(,"placeholders":)"
      << missing.size() << R"(,"conversations":)" << conversations.size() << R"(,"sessions":)"
      << sessions_.size() << R"(,"reposts":)" << alive << "}\n";
  for (const auto& [id, session] : sessions_) {
    std::set<std::string> authors;
    std::size_t count = 0;
    for (const Key& key : order_) {
      const Session* of = SessionOf(key.first);
      if (of == nullptr || of->id != id) continue;
      ++count;
      const Folded& entry = entries_.at(key.second);
      if (!entry.deleted && !entry.author.empty()) authors.insert(entry.author);
    }
    out << R"({"kind":"session","id":)" << Quoted(FormatTime(id)) << R"(,"first":)"
        << OrNull(session.first) << R"(,"last":)" << OrNull(session.last) << R"(,"ends":)"
        << Quoted(FormatTime(session.ends)) << R"(,"event":)"
        << (session.event == nullptr ? "null" : Quoted(session.event->title)) << R"(,"entries":)"
        << count << R"(,"participants":)" << authors.size() << "}\n";
  }
  for (const auto& [key, c] : conversations) {
    out << R"({"kind":"conversation","id":)" << Quoted(c->top.first) << R"(,"root_known":)"
        << (c->top.second == kEntry ? "true" : "false") << R"(,"entries":)" << c->entries.size()
        << R"(,"participants":)" << c->authors.size() << R"(,"first":)"
        << OrNull(entries_.at(c->entries.front()).published) << R"(,"last":)"
        << OrNull(entries_.at(c->entries.back()).published) << "}\n";
  }
  for (const Key& key : order_) {
    const Folded& entry = entries_.at(key.second);
    const Node node{key.second, kEntry};
    const Session* session = SessionOf(key.first);
    std::size_t replies = 0;
    for (const auto& [other, parent] : parent_) {
      if (other.second == kEntry && parent && *parent == node) ++replies;
    }
    std::size_t reposts = 0;
    for (const Folded& repost : reposts_) {
      if (!repost.deleted && repost.object == key.second) ++reposts;
    }
    const std::optional<std::int64_t> late = LateBy(key.second);
    out << R"({"kind":"entry","id":)" << Quoted(key.second) << R"(,"published":)"
        << Quoted(FormatTime(key.first)) << R"(,"author":)"
        << (entry.deleted ? "null" : OrNull(entry.author)) << R"(,"parent":)"
        << (parent_.at(node) ? Quoted(parent_.at(node)->first) : "null") << R"(,"conversation":)"
        << Quoted(top_.at(node).first) << R"(,"depth":)" << depth_.at(node) << R"(,"session":)"
        << (session == nullptr ? "null" : Quoted(FormatTime(session->id))) << R"(,"late_by_s":)"
        << (late ? std::to_string(*late) : "null") << R"(,"via":")"
        << (entry.tagged ? "tag" : "thread") << R"(","deleted":)"
        << (entry.deleted ? "true" : "false") << R"(,"replies":)" << replies << R"(,"reposts":)"
        << reposts << R"(,"text":)" << (entry.deleted ? "null" : Quoted(entry.content)) << "}\n";
  }
  return out.str();
}

}  // namespace

std::string OracleTimeline(const HashtagSettings& settings, const std::vector<PostsValue>& posts) {
  return Oracle(settings, posts).Write();
}

}  // namespace latecomer
