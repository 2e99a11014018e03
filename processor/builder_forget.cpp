// Forgetting: an erased id leaves nothing but its SHA-256, and where others name it a urn stands
// (contract, section 3.1).
#include <algorithm>

#include "processor/builder_impl.h"

namespace latecomer {
namespace {

constexpr std::string_view kUrnPrefix = "urn:latecomer:forgotten:";

}  // namespace

std::string_view Builder::Impl::Renamed(std::uint32_t hashtag, std::string_view id,
                                        std::string& buffer) const {
  if (id.empty() || state_.forgotten().empty()) return id;
  const Sha256Digest digest = Sha256(id);
  if (!state_.IsForgottenPost(hashtag, digest)) return id;
  buffer = kUrnPrefix;
  buffer += ToHex(digest);
  return buffer;
}

void Builder::Impl::MarkForgotten(std::uint32_t hashtag, const std::string& id, bool post,
                                  bool author) {
  const TimelineState::ForgottenKey key{hashtag, Sha256(id)};
  ForgottenState state{at_, false, false};
  const auto it = state_.forgotten().find(key);
  if (it != state_.forgotten().end()) state = it->second;
  state.post = state.post || post;
  state.author = state.author || author;
  state_.SetForgotten(key, state);
  batch_.forgotten[key] = batch_.cause;
}

// Whether the version must not be taken. One by a forgotten author makes its id forgotten too,
// under this hashtag.
bool Builder::Impl::IsForgotten(const Post& post, std::uint32_t hashtag) {
  if (state_.IsForgottenPost(hashtag, Sha256(post.id))) return true;
  if (post.type == PostType::kTombstone || post.attributed_to.id.empty()) return false;
  if (!state_.IsForgottenAuthor(Sha256(post.attributed_to.id))) return false;
  MarkForgotten(hashtag, post.id, true, false);
  const std::uint32_t name = state_.FindName(hashtag, post.id);
  if (name != kNone) EraseId(name);
  return true;
}

Outcome Builder::Impl::ApplyForget(const Forget& forget) {
  const bool by_author = !forget.author.empty();
  const std::string& id = by_author ? forget.author : forget.post;
  const auto it = state_.forgotten().find({TimelineState::kEverywhere, Sha256(id)});
  if (it != state_.forgotten().end() && (by_author ? it->second.author : it->second.post)) {
    return Outcome::kUnchanged;
  }
  MarkForgotten(TimelineState::kEverywhere, id, !by_author, by_author);
  if (by_author) {
    const std::uint32_t author = state_.FindName(TimelineState::kAuthors, id);
    if (author != kNone) batch_.forgotten_authors.insert(author);
  } else {
    for (std::uint32_t h = 0; h < state_.hashtag_count(); ++h) {
      const std::uint32_t name = state_.FindName(h, id);
      if (name != kNone) EraseId(name);
    }
  }
  return Outcome::kChanged;
}

void Builder::Impl::EraseId(std::uint32_t name) {
  const std::string id(state_.Text(name));
  switch (state_.name(name).kind) {
    case Name::kEntry:
      EraseEntry(name);
      break;
    case Name::kRepost:
      EraseRepost(name);
      break;
    case Name::kUnpublished:
      state_.EraseUnpublished(name);
      state_.MutableName(name).kind = Name::kUnknown;
      batch_.removed.push_back({HashtagName(name), batch_.cause, "entry", id});
      break;
    case Name::kUnknown:
      break;
  }
  state_.SetDeletedAt(name, std::nullopt);
  state_.EraseName(name);
  batch_.erased.emplace(name, id);
}

// The entry goes; its name is then as good as unknown.
void Builder::Impl::EraseEntry(std::uint32_t name) {
  const std::uint32_t node = state_.name(name).self;
  const std::uint32_t hashtag = state_.name(name).hashtag;
  const Node cell = state_.node(node);
  const std::string id(state_.Text(name));
  if (cell.tagged) {
    state_.RemoveTime(hashtag, cell.published);
    batch_.hashtags[hashtag] = batch_.cause;
  }
  state_.ReleaseNumber(hashtag, cell.n);
  state_.EraseStated(false, node);
  batch_.DropNode(node);
  forest_.RemoveEntry(node, Name::kUnknown, kNone);
  batch_.DropNode(node);  // moving its children may have marked it again
  batch_.removed.push_back({HashtagName(name), batch_.cause, "entry", id});
  batch_.removed.push_back({HashtagName(name), batch_.cause, "link", id});
}

void Builder::Impl::EraseRepost(std::uint32_t name) {
  const std::uint32_t repost = state_.name(name).self;
  const std::uint32_t placeholders = state_.repost(repost).placeholders;
  state_.EraseStated(true, repost);
  state_.MutableRepost(repost).name = kNone;
  Name& cell = state_.MutableName(name);
  cell.kind = Name::kUnknown;
  cell.self = placeholders;
  batch_.DropRepost(repost);
  batch_.removed.push_back(
      {HashtagName(name), batch_.cause, "repost", std::string(state_.Text(name))});
}

// One pass over the partition for all authors that the batch forgets.
void Builder::Impl::EraseForgottenAuthors() {
  if (batch_.forgotten_authors.empty()) return;
  const auto is_by = [&](bool of_repost, std::uint32_t at, std::uint32_t author) {
    if (batch_.forgotten_authors.count(author) > 0) return true;
    const Stated* stated = state_.FindStated(of_repost, at);
    return stated != nullptr &&
           std::any_of(stated->authors.begin(), stated->authors.end(), [&](std::uint32_t other) {
             return batch_.forgotten_authors.count(other) > 0;
           });
  };
  std::vector<std::uint32_t> names;
  for (std::uint32_t i = 0; i < state_.node_count(); ++i) {
    const Node& node = state_.node(i);
    if (!state_.IsFree(node) && node.is_entry && is_by(false, i, node.author)) {
      names.push_back(node.name);
    }
  }
  for (std::uint32_t i = 0; i < state_.repost_count(); ++i) {
    const Repost& repost = state_.repost(i);
    if (repost.name != kNone && is_by(true, i, repost.by)) names.push_back(repost.name);
  }
  for (const std::uint32_t name : names) {
    MarkForgotten(state_.name(name).hashtag, std::string(state_.Text(name)), true, false);
    EraseId(name);
  }
  for (const std::uint32_t author : batch_.forgotten_authors) state_.EraseName(author);
}

// One pass over the partition for all ids that the batch erased.
void Builder::Impl::RenameErased() {
  if (batch_.erased.empty()) return;
  const std::uint32_t nodes = state_.node_count();
  for (std::uint32_t i = 0; i < nodes; ++i) {
    if (!state_.IsFree(state_.node(i)) && state_.node(i).is_entry) RenameInNode(i);
  }
  for (std::uint32_t i = 0; i < state_.repost_count(); ++i) {
    if (state_.repost(i).name != kNone) RenameInRepost(i);
  }
  std::vector<std::uint32_t> unpublished;
  for (const auto& [name, facts] : state_.unpublished()) unpublished.push_back(name);
  for (const std::uint32_t name : unpublished) RenameInUnpublished(name);
}

std::uint32_t Builder::Impl::RenamedName(std::uint32_t name) {
  const auto it = batch_.erased.find(name);
  if (it == batch_.erased.end()) return name;
  const std::string urn = std::string(kUrnPrefix) + Sha256Hex(it->second);
  return state_.Intern(state_.name(name).hashtag, urn);
}

// True if any name was replaced; doubles go.
bool Builder::Impl::RenameAll(std::vector<std::uint32_t>& names) {
  bool any = false;
  for (std::uint32_t& name : names) {
    const std::uint32_t renamed = name == kNone ? kNone : RenamedName(name);
    any = any || renamed != name;
    name = renamed;
  }
  if (!any) return false;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return true;
}

void Builder::Impl::RenameInNode(std::uint32_t node) {
  const Node& cell = state_.node(node);
  const Stated* stated = cell.more ? state_.FindStated(false, node) : nullptr;
  std::vector<std::uint32_t> parents;
  std::vector<std::uint32_t> contexts;
  if (stated != nullptr) {
    parents = stated->parents;
    contexts = stated->contexts;
  } else if (batch_.erased.find(cell.stated_parent) == batch_.erased.end() &&
             batch_.erased.find(cell.stated_context) == batch_.erased.end()) {
    return;  // nearly all
  }
  if (parents.empty() && cell.stated_parent != kNone) parents.push_back(cell.stated_parent);
  if (contexts.empty() && cell.stated_context != kNone) contexts.push_back(cell.stated_context);
  const bool renamed_parents = RenameAll(parents);
  if (!RenameAll(contexts) && !renamed_parents) return;
  Restate(node, std::move(parents), std::move(contexts));
}

void Builder::Impl::Restate(std::uint32_t node, std::vector<std::uint32_t> parents,
                            std::vector<std::uint32_t> contexts) {
  const std::uint32_t own = state_.node(node).name;
  std::erase(parents, own);
  const bool root = std::erase(contexts, own) > 0;
  Node& cell = state_.MutableNode(node);
  cell.root = cell.root || root;
  cell.stated_parent = Smallest(parents);
  cell.stated_context = Smallest(contexts);
  if (parents.size() < 2) parents.clear();
  if (contexts.size() < 2) contexts.clear();
  Stated& stated = state_.MutableStated(false, node);
  stated.parents = std::move(parents);
  stated.contexts = std::move(contexts);
  UpdateMore(false, node);
  batch_.MarkRewrite(node);
  forest_.Relink(node);
}

void Builder::Impl::RenameInRepost(std::uint32_t repost) {
  const Repost& cell = state_.repost(repost);
  const Stated* stated = cell.more ? state_.FindStated(true, repost) : nullptr;
  std::vector<std::uint32_t> objects;
  if (stated != nullptr) objects = stated->objects;
  if (objects.empty() && cell.object != kNone) objects.push_back(cell.object);
  if (!RenameAll(objects)) return;
  state_.MutableRepost(repost).object = Smallest(objects);
  if (objects.size() < 2) objects.clear();
  state_.MutableStated(true, repost).objects = std::move(objects);
  UpdateMore(true, repost);
  batch_.MarkRepost(repost);
}

void Builder::Impl::RenameInUnpublished(std::uint32_t name) {
  Unpublished facts = *state_.FindUnpublished(name);
  const bool parents = RenameAll(facts.parents);
  if (!RenameAll(facts.contexts) && !parents) return;
  std::erase(facts.parents, name);
  if (std::erase(facts.contexts, name) > 0) facts.root = true;
  state_.MutableUnpublished(name) = std::move(facts);
  batch_.unpublished[name] = batch_.cause;
}

}  // namespace latecomer
