// The state as text, for comparing states in tests.
#include <algorithm>
#include <set>

#include "processor/builder_impl.h"

namespace latecomer {
namespace {

std::string Optional(const std::optional<TimeMs>& time) {
  return time ? std::to_string(*time) : "-";
}

}  // namespace

std::string Builder::Impl::Dump() const {
  std::set<std::string> lines;
  const auto names = [&](const std::vector<std::uint32_t>* several, std::uint32_t single) {
    std::vector<std::string> texts;
    FillStrings(texts, several, single);
    std::string out = "[";
    for (const std::string& text : texts) out += text + " ";
    return out + "]";
  };
  const auto node_name = [&](std::uint32_t node) {
    if (node == kNone) return std::string("-");
    const Node& cell = state_.node(node);
    std::string out(state_.Text(cell.name));
    if (!cell.is_entry) out += "?" + std::string(state_.Text(cell.stated_context));
    return out;
  };
  for (std::uint32_t i = 0; i < state_.node_count(); ++i) {
    const Node& node = state_.node(i);
    if (state_.IsFree(node)) continue;
    const Stated* stated = node.more ? state_.FindStated(false, i) : nullptr;
    const std::uint32_t tree = forest_.Find(node.tree);
    std::string line = HashtagName(node.name) + " " + node_name(i) + " below " +
                       node_name(node.parent) + (node.cut ? " cut" : "") +
                       (node.on_cycle ? " on cycle" : "") + " tree " + std::to_string(tree) +
                       " of " + node_name(state_.tree(tree).root) + " size " +
                       std::to_string(state_.tree(tree).size);
    if (node.is_entry) {
      line += " n " + std::to_string(node.n) + " at " + std::to_string(node.published) +
              " parents " + names(stated ? &stated->parents : nullptr, node.stated_parent) +
              " contexts " + names(stated ? &stated->contexts : nullptr, node.stated_context) +
              " author " + std::string(state_.Text(node.author)) + " of " +
              names(stated ? &stated->authors : nullptr, kNone) + (node.root ? " root" : "") +
              (node.tagged ? " tag" : " thread") + (node.deleted ? " deleted " : " ") +
              Optional(state_.DeletedAt(node.name)) + (node.has_content ? " note " : " no note ") +
              std::to_string(node.stamp) + " " + std::to_string(node.digest);
    }
    lines.insert(std::move(line));
  }
  for (std::uint32_t i = 0; i < state_.repost_count(); ++i) {
    const Repost& repost = state_.repost(i);
    if (repost.name == kNone) continue;
    const Stated* stated = repost.more ? state_.FindStated(true, i) : nullptr;
    lines.insert(HashtagName(repost.name) + " repost " + std::string(state_.Text(repost.name)) +
                 " of " + names(stated ? &stated->objects : nullptr, repost.object) + " by " +
                 std::string(state_.Text(repost.by)) + " of " +
                 names(stated ? &stated->authors : nullptr, kNone) + " at " +
                 (repost.has_published ? std::to_string(repost.published) : "-") +
                 (repost.deleted ? " deleted " : " ") + Optional(state_.DeletedAt(repost.name)) +
                 " " + std::to_string(repost.stamp) + " " + std::to_string(repost.digest));
  }
  for (const auto& [name, facts] : state_.unpublished()) {
    lines.insert(HashtagName(name) + " unpublished " + std::string(state_.Text(name)) +
                 " parents " + names(&facts.parents, kNone) + " contexts " +
                 names(&facts.contexts, kNone) + (facts.root ? " root " : " ") +
                 Optional(state_.DeletedAt(name)));
  }
  for (std::uint32_t h = 0; h < state_.hashtag_count(); ++h) {
    const HashtagState& hashtag = state_.hashtag(h);
    for (const SessionRecord& session : hashtag.sessions.All()) {
      lines.insert(hashtag.hashtag + " session " + FormatTime(session.id) + " " +
                   Optional(session.first) + " " + Optional(session.last) + " " +
                   std::to_string(session.ends) + " " + session.event);
    }
    for (const auto& [source, coverage] : hashtag.coverage) {
      std::string line = hashtag.hashtag + " coverage " + source;
      for (const CoverageRange& range : coverage.ranges()) {
        line += " " + std::to_string(range.from) + "-" + std::to_string(range.to) +
                (range.complete ? " complete" : " " + range.why);
      }
      lines.insert(std::move(line));
    }
  }
  for (const auto& [key, forgotten] : state_.forgotten()) {
    const std::string where = key.hashtag == TimelineState::kEverywhere
                                  ? std::string()
                                  : state_.hashtag(key.hashtag).hashtag + " ";
    lines.insert(where + "forgotten " + ToHex(key.digest) + " at " + std::to_string(forgotten.at) +
                 (forgotten.post ? " post" : "") + (forgotten.author ? " author" : ""));
  }
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

}  // namespace latecomer
