// Folding a version into what is known of its id (contract, section 3.1).
#include <algorithm>

#include "processor/builder_impl.h"

namespace latecomer {
namespace {

// Adds `value` to what several versions state; `single` is what they stated so far. True if new.
bool AddStated(std::vector<std::uint32_t>& all, std::uint32_t single, std::uint32_t value) {
  if (all.empty() && single != kNone) all.push_back(single);
  if (std::find(all.begin(), all.end(), value) != all.end()) return false;
  all.push_back(value);
  return true;
}

bool Contains(const std::vector<std::uint32_t>& all, std::uint32_t value) {
  return std::find(all.begin(), all.end(), value) != all.end();
}

TimeMs StampOf(const Post& post) { return post.updated.value_or(*post.published); }

}  // namespace

Builder::Impl::Links Builder::Impl::LinksOf(const Post& post, std::uint32_t hashtag,
                                            std::uint32_t own) {
  Links links;
  if (post.in_reply_to.empty() && post.context.empty()) return links;
  std::string buffer;
  links.parent = state_.Intern(hashtag, Renamed(hashtag, post.in_reply_to, buffer));
  links.context = state_.Intern(hashtag, Renamed(hashtag, post.context, buffer));
  // A link to itself counts as not stated; as a context it says that this is the root.
  if (links.parent == own) links.parent = kNone;
  if (links.context == own) {
    links.context = kNone;
    links.root = true;
  }
  return links;
}

Outcome Builder::Impl::ApplyPost(const Post& post, const VersionInput& input,
                                 std::uint32_t hashtag) {
  if (!state_.forgotten().empty() && IsForgotten(post, hashtag)) return Outcome::kForgotten;
  const std::uint32_t name = state_.Intern(hashtag, post.id);
  const Name& known = state_.name(name);
  if (known.kind == Name::kRepost) return FoldRepost(known.self, post, input);
  if (post.type == PostType::kAnnounce) return NewRepost(name, post, input);
  if (post.type == PostType::kTombstone) return FoldTombstone(name, post);
  if (known.kind == Name::kEntry) return FoldEntry(known.self, post, input);
  return NewEntry(name, post, input);
}

Outcome Builder::Impl::ApplyCoverage(const Coverage& coverage, std::uint32_t hashtag) {
  auto& by_source = state_.hashtag(hashtag).coverage;
  const auto known = by_source.find(coverage.source);
  CoverageRanges ranges = known == by_source.end() ? CoverageRanges() : known->second;
  if (!ranges.Add(coverage)) return Outcome::kUnchanged;
  if (known == by_source.end()) {
    state_.TakeBackWith([this, hashtag, source = coverage.source] {
      state_.hashtag(hashtag).coverage.erase(source);
    });
  } else {
    state_.TakeBackWith([this, hashtag, source = coverage.source, before = known->second] {
      state_.hashtag(hashtag).coverage[source] = before;
    });
  }
  by_source[coverage.source] = std::move(ranges);
  batch_.coverage[{hashtag, coverage.source}] = batch_.cause;
  return Outcome::kChanged;
}

// ---- entries

Outcome Builder::Impl::NewEntry(std::uint32_t name, const Post& post, const VersionInput& input) {
  const bool known_before = state_.name(name).kind == Name::kUnpublished;
  const std::uint32_t hashtag = state_.name(name).hashtag;
  Node facts{};
  facts.stated_parent = facts.stated_context = facts.author = kNone;
  facts.is_entry = true;
  facts.published = *post.published;
  facts.n = state_.TakeNumber(hashtag, facts.published, post.id);
  if (known_before) state_.MutableName(name).kind = Name::kUnknown;
  const std::uint32_t node = forest_.MakeEntry(name, facts);
  if (known_before) {
    const Unpublished before = *state_.FindUnpublished(name);
    state_.EraseUnpublished(name);
    for (const std::uint32_t parent : before.parents) AddParent(node, parent);
    for (const std::uint32_t context : before.contexts) AddContext(node, context);
    Node& cell = state_.MutableNode(node);
    cell.root = before.root;
    cell.deleted = true;
  }
  if (post.type == PostType::kTombstone) {
    FoldTombstone(name, post);
    batch_.MarkEntry(node, {});
  } else {
    FoldEntry(node, post, input);
  }
  forest_.Relink(node);
  forest_.EnsureTree(node);
  return known_before ? Outcome::kChanged : Outcome::kNew;
}

Outcome Builder::Impl::FoldEntry(std::uint32_t node, const Post& post, const VersionInput& input) {
  const std::uint32_t name = state_.node(node).name;
  const Links links = LinksOf(post, state_.name(name).hashtag, name);
  bool changed = AddParent(node, links.parent);
  changed = AddContext(node, links.context) || changed;
  if (links.root && !state_.node(node).root) {
    state_.MutableNode(node).root = true;
    changed = true;
  }
  changed = SetPublished(node, *post.published) || changed;
  if (post.type == PostType::kNote && post.via == Via::kTag) changed = SetTagged(node) || changed;

  const std::uint32_t author = state_.Intern(TimelineState::kAuthors, post.attributed_to.id);
  const Node& now = state_.node(node);
  const TimeMs stamp = StampOf(post);
  const bool wins =
      !now.has_content || stamp > now.stamp || (stamp == now.stamp && input.digest > now.digest);
  const std::uint32_t winner_before = now.author;
  changed =
      SetAuthors(false, node, winner_before, wins ? author : winner_before, author) || changed;
  if (wins) {
    Node& cell = state_.MutableNode(node);
    cell.has_content = true;
    cell.author = author;
    cell.stamp = stamp;
    cell.digest = input.digest;
    batch_.MarkEntry(node, input.content);
  } else if (changed) {
    batch_.MarkLink(node);
  }
  // A node that has a tree already may have to move; a fresh one is linked by NewEntry.
  if (changed && state_.node(node).tree != kNone) forest_.Relink(node);
  return wins || changed ? Outcome::kChanged : Outcome::kUnchanged;
}

bool Builder::Impl::AddParent(std::uint32_t node, std::uint32_t parent) {
  const Node& cell = state_.node(node);
  if (parent == kNone || parent == cell.stated_parent) return false;
  if (cell.stated_parent == kNone) {
    state_.MutableNode(node).stated_parent = parent;
    return true;
  }
  const Stated* stated = cell.more ? state_.FindStated(false, node) : nullptr;
  if (stated != nullptr && Contains(stated->parents, parent)) return false;
  AddStated(state_.MutableStated(false, node).parents, cell.stated_parent, parent);
  Node& mutable_cell = state_.MutableNode(node);
  mutable_cell.more = true;
  if (state_.Text(parent) < state_.Text(cell.stated_parent)) mutable_cell.stated_parent = parent;
  return true;
}

bool Builder::Impl::AddContext(std::uint32_t node, std::uint32_t context) {
  const Node& cell = state_.node(node);
  if (context == kNone || context == cell.stated_context) return false;
  if (cell.stated_context == kNone) {
    state_.MutableNode(node).stated_context = context;
    return true;
  }
  const Stated* stated = cell.more ? state_.FindStated(false, node) : nullptr;
  if (stated != nullptr && Contains(stated->contexts, context)) return false;
  AddStated(state_.MutableStated(false, node).contexts, cell.stated_context, context);
  Node& mutable_cell = state_.MutableNode(node);
  mutable_cell.more = true;
  if (state_.Text(context) < state_.Text(cell.stated_context)) {
    mutable_cell.stated_context = context;
  }
  return true;
}

// Keeps the set of authors that any version gave, where it is more than the winner's. True if an
// author is new or the set has to be written anew.
bool Builder::Impl::SetAuthors(bool of_repost, std::uint32_t at, std::uint32_t winner_before,
                               std::uint32_t winner_now, std::uint32_t seen) {
  const Stated* stated = state_.FindStated(of_repost, at);
  const bool several = stated != nullptr && !stated->authors.empty();
  if (!several && (winner_before == winner_now || winner_before == kNone) &&
      (seen == winner_now || seen == kNone)) {
    return false;  // nearly always: one author, or none yet
  }
  std::vector<std::uint32_t> all;
  if (several) {
    all = stated->authors;
  } else if (winner_before != kNone) {
    all.push_back(winner_before);
  }
  const bool added = seen != kNone && !Contains(all, seen);
  if (added) all.push_back(seen);
  if (all.size() == 1 && all.front() == winner_now) all.clear();
  const bool same = several ? all == stated->authors : all.empty();
  if (!same) {
    state_.MutableStated(of_repost, at).authors = std::move(all);
    UpdateMore(of_repost, at);
  }
  return added;
}

void Builder::Impl::UpdateMore(bool of_repost, std::uint32_t at) {
  const Stated* stated = state_.FindStated(of_repost, at);
  const bool more = stated != nullptr && *stated != Stated{};
  if (!more) state_.EraseStated(of_repost, at);
  if (of_repost) {
    state_.MutableRepost(at).more = more;
  } else {
    state_.MutableNode(at).more = more;
  }
}

bool Builder::Impl::SetPublished(std::uint32_t node, TimeMs published) {
  const Node& cell = state_.node(node);
  if (published >= cell.published) return false;
  const std::uint32_t hashtag = state_.name(cell.name).hashtag;
  if (cell.tagged) {
    state_.RemoveTime(hashtag, cell.published);
    state_.AddTime(hashtag, published);
    batch_.hashtags[hashtag] = batch_.cause;
  }
  state_.MutableNode(node).published = published;
  forest_.OnPublishedChanged(node);
  return true;
}

bool Builder::Impl::SetTagged(std::uint32_t node) {
  if (state_.node(node).tagged) return false;
  Node& cell = state_.MutableNode(node);
  cell.tagged = true;
  const std::uint32_t hashtag = state_.name(cell.name).hashtag;
  state_.AddTime(hashtag, cell.published);
  batch_.hashtags[hashtag] = batch_.cause;
  return true;
}

// ---- tombstones

// The earliest time of deletion holds. True if it is another one now.
bool Builder::Impl::SetDeleted(std::uint32_t name, std::optional<TimeMs> at) {
  const std::optional<TimeMs> known = state_.DeletedAt(name);
  if (!at || (known && *known <= *at)) return false;
  state_.SetDeletedAt(name, at);
  return true;
}

Outcome Builder::Impl::FoldTombstone(std::uint32_t name, const Post& post) {
  const Name& known = state_.name(name);
  if (known.kind != Name::kEntry) {
    return post.published ? NewEntry(name, post, {}) : FoldUnpublished(name, post);
  }
  const std::uint32_t node = known.self;
  const Links links = LinksOf(post, known.hashtag, name);
  bool changed = AddParent(node, links.parent);
  changed = AddContext(node, links.context) || changed;
  if (links.root && !state_.node(node).root) {
    state_.MutableNode(node).root = true;
    changed = true;
  }
  if (post.published) changed = SetPublished(node, *post.published) || changed;
  changed = SetDeleted(name, post.deleted) || changed;
  if (!state_.node(node).deleted) {
    state_.MutableNode(node).deleted = true;
    batch_.MarkEntry(node, {});
    changed = true;
  } else if (changed) {
    batch_.MarkLink(node);
  }
  if (changed && state_.node(node).tree != kNone) forest_.Relink(node);
  return changed ? Outcome::kChanged : Outcome::kUnchanged;
}

Outcome Builder::Impl::FoldUnpublished(std::uint32_t name, const Post& post) {
  const bool fresh = state_.name(name).kind == Name::kUnknown;
  const Links links = LinksOf(post, state_.name(name).hashtag, name);
  if (fresh) state_.MutableName(name).kind = Name::kUnpublished;
  Unpublished facts = fresh ? Unpublished{} : *state_.FindUnpublished(name);
  bool changed = fresh;
  if (links.parent != kNone) changed = AddStated(facts.parents, kNone, links.parent) || changed;
  if (links.context != kNone) changed = AddStated(facts.contexts, kNone, links.context) || changed;
  changed = (links.root && !facts.root) || changed;
  facts.root = facts.root || links.root;
  changed = SetDeleted(name, post.deleted) || changed;
  if (!changed) return Outcome::kUnchanged;
  state_.MutableUnpublished(name) = std::move(facts);
  batch_.unpublished[name] = batch_.cause;
  return fresh ? Outcome::kNew : Outcome::kChanged;
}

// ---- reposts

Outcome Builder::Impl::NewRepost(std::uint32_t name, const Post& post, const VersionInput& input) {
  const Name::Kind kind = state_.name(name).kind;
  Repost facts{};
  facts.name = name;
  facts.object = facts.by = facts.placeholders = kNone;
  if (kind == Name::kEntry) {
    // An id ever seen as an Announce is a repost: what was an entry becomes one.
    const std::uint32_t node = state_.name(name).self;
    const Node entry = state_.node(node);
    facts.deleted = entry.deleted;
    facts.has_published = true;
    facts.published = entry.published;
    const Stated* stated = state_.FindStated(false, node);
    std::vector<std::uint32_t> authors =
        stated != nullptr ? stated->authors : std::vector<std::uint32_t>{};
    if (authors.empty() && entry.author != kNone) authors.push_back(entry.author);
    EraseEntry(name);
    const std::uint32_t repost = state_.NewRepost(facts);
    Name& cell = state_.MutableName(name);
    state_.MutableRepost(repost).placeholders = cell.self;
    cell.kind = Name::kRepost;
    cell.self = repost;
    if (!authors.empty()) {
      state_.MutableStated(true, repost).authors = std::move(authors);
      UpdateMore(true, repost);
    }
    FoldRepost(repost, post, input);
    return Outcome::kChanged;
  }
  if (kind == Name::kUnpublished) {
    facts.deleted = true;
    state_.EraseUnpublished(name);
    batch_.unpublished.erase(name);
    batch_.removed.push_back({HashtagName(name), batch_.cause, "entry", std::string(post.id)});
  }
  Name& cell = state_.MutableName(name);
  facts.placeholders = cell.self;
  const std::uint32_t repost = state_.NewRepost(facts);
  cell.kind = Name::kRepost;
  cell.self = repost;
  FoldRepost(repost, post, input);
  return kind == Name::kUnpublished ? Outcome::kChanged : Outcome::kNew;
}

bool Builder::Impl::AddObject(std::uint32_t repost, std::uint32_t object) {
  const Repost& cell = state_.repost(repost);
  if (object == kNone || object == cell.object) return false;
  if (cell.object == kNone) {
    state_.MutableRepost(repost).object = object;
    return true;
  }
  const Stated* stated = cell.more ? state_.FindStated(true, repost) : nullptr;
  if (stated != nullptr && Contains(stated->objects, object)) return false;
  AddStated(state_.MutableStated(true, repost).objects, cell.object, object);
  Repost& mutable_cell = state_.MutableRepost(repost);
  mutable_cell.more = true;
  if (state_.Text(object) < state_.Text(cell.object)) mutable_cell.object = object;
  return true;
}

Outcome Builder::Impl::FoldRepost(std::uint32_t repost, const Post& post,
                                  const VersionInput& input) {
  const std::uint32_t name = state_.repost(repost).name;
  bool changed = false;
  if (post.published &&
      (!state_.repost(repost).has_published || *post.published < state_.repost(repost).published)) {
    Repost& cell = state_.MutableRepost(repost);
    cell.has_published = true;
    cell.published = *post.published;
    changed = true;
  }
  if (post.type == PostType::kTombstone) {
    changed = SetDeleted(name, post.deleted) || changed;
    if (!state_.repost(repost).deleted) {
      state_.MutableRepost(repost).deleted = true;
      changed = true;
    }
  } else {
    const std::uint32_t author = state_.Intern(TimelineState::kAuthors, post.attributed_to.id);
    const Repost& now = state_.repost(repost);
    const TimeMs stamp = StampOf(post);
    const bool wins =
        post.type == PostType::kAnnounce && (now.object == kNone || stamp > now.stamp ||
                                             (stamp == now.stamp && input.digest > now.digest));
    const std::uint32_t before = now.by;
    changed = SetAuthors(true, repost, before, wins ? author : before, author) || changed;
    if (wins) {
      Repost& cell = state_.MutableRepost(repost);
      cell.by = author;
      cell.stamp = stamp;
      cell.digest = input.digest;
      changed = true;
    }
  }
  if (post.type == PostType::kAnnounce) {
    std::string buffer;
    const std::uint32_t hashtag = state_.name(name).hashtag;
    const std::uint32_t object = state_.Intern(hashtag, Renamed(hashtag, post.object, buffer));
    changed = AddObject(repost, object) || changed;
  }
  if (changed) batch_.MarkRepost(repost);
  return changed ? Outcome::kChanged : Outcome::kUnchanged;
}

}  // namespace latecomer
