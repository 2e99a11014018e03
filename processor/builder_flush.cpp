// Turning a batch's changes into records (contract, section 4).
#include <algorithm>

#include "processor/builder_impl.h"

namespace latecomer {

void Builder::Impl::Flush(RecordSink& sink) {
  EraseForgottenAuthors();
  RenameErased();
  FlushNodes(sink);
  FlushUnpublished(sink);
  FlushReposts(sink);
  FlushTrees(sink);
  FlushRest(sink);
}

std::uint32_t Builder::Impl::Smallest(const std::vector<std::uint32_t>& names) const {
  std::uint32_t smallest = kNone;
  for (const std::uint32_t name : names) {
    if (smallest == kNone || state_.Text(name) < state_.Text(smallest)) smallest = name;
  }
  return smallest;
}

void Builder::Impl::FillStrings(std::vector<std::string>& out,
                                const std::vector<std::uint32_t>* several,
                                std::uint32_t single) const {
  if (several == nullptr || several->empty()) {
    if (single == kNone) {
      out.clear();
      return;
    }
    out.resize(1);
    out.front().assign(state_.Text(single));
    return;
  }
  out.clear();
  for (const std::uint32_t name : *several) out.emplace_back(state_.Text(name));
  std::sort(out.begin(), out.end());
}

void Builder::Impl::FillEntry(EntryRecord& entry, const Batch::DirtyNode& dirty) {
  const Node& node = state_.node(dirty.node);
  const Stated* stated = node.more ? state_.FindStated(false, dirty.node) : nullptr;
  entry.id.assign(state_.Text(node.name));
  entry.is_link = !dirty.is_entry;
  entry.unpublished = false;
  entry.n = node.n;
  entry.tree = node.tree;
  entry.published = node.published;
  FillStrings(entry.parents, stated ? &stated->parents : nullptr, node.stated_parent);
  FillStrings(entry.contexts, stated ? &stated->contexts : nullptr, node.stated_context);
  entry.root = node.root;
  entry.via = node.tagged ? Via::kTag : Via::kThread;
  entry.author.assign(state_.Text(node.author));
  FillStrings(entry.authors, stated ? &stated->authors : nullptr, kNone);
  entry.deleted = node.deleted;
  entry.deleted_at = node.deleted ? state_.DeletedAt(node.name) : std::nullopt;
  entry.has_note = node.has_content;
  entry.stamp = node.stamp;
  entry.digest = node.digest;
  entry.content.assign(node.deleted ? std::string_view() : dirty.content);
}

void Builder::Impl::FlushNodes(RecordSink& sink) {
  if (!std::holds_alternative<EntryRecord>(entry_record_.body)) {
    entry_record_.body.emplace<EntryRecord>();
  }
  EntryRecord& entry = std::get<EntryRecord>(entry_record_.body);
  for (const Batch::DirtyNode& dirty : batch_.nodes) {
    if (dirty.node == kNone) continue;
    const Node& node = state_.node(dirty.node);
    if (state_.IsFree(node) || !node.is_entry) continue;  // a placeholder: it follows from others
    const std::uint32_t tree = forest_.Find(node.tree);
    if (tree != node.tree) state_.MutableNode(dirty.node).tree = tree;
    entry_record_.hashtag.assign(HashtagName(node.name));
    entry_record_.cause = dirty.cause;
    FillEntry(entry, dirty);
    if (!dirty.rewrite) {
      sink.OnRecord(entry_record_);
    } else if (dirty.is_entry || node.deleted) {
      // The whole record is at hand: it takes the place of entry and link.
      entry.is_link = false;
      sink.OnRecord(entry_record_);
      batch_.removed.push_back({entry_record_.hashtag, dirty.cause, "link", entry.id});
    } else {
      sink.OnRewrite(entry_record_);
    }
  }
}

void Builder::Impl::FlushUnpublished(RecordSink& sink) {
  for (const auto& [name, cause] : batch_.unpublished) {
    if (state_.name(name).kind != Name::kUnpublished) continue;
    const Unpublished* facts = state_.FindUnpublished(name);
    EntryRecord entry;
    entry.id = state_.Text(name);
    entry.unpublished = true;
    entry.has_note = false;
    FillStrings(entry.parents, &facts->parents, kNone);
    FillStrings(entry.contexts, &facts->contexts, kNone);
    entry.root = facts->root;
    entry.via = Via::kThread;
    entry.deleted = true;
    entry.deleted_at = state_.DeletedAt(name);
    sink.OnRecord({HashtagName(name), cause, std::move(entry)});
  }
}

void Builder::Impl::FlushReposts(RecordSink& sink) {
  if (!std::holds_alternative<RepostRecord>(repost_record_.body)) {
    repost_record_.body.emplace<RepostRecord>();
  }
  RepostRecord& record = std::get<RepostRecord>(repost_record_.body);
  for (const Batch::DirtyRepost& dirty : batch_.reposts) {
    if (dirty.repost == kNone) continue;
    const Repost& repost = state_.repost(dirty.repost);
    const Stated* stated = repost.more ? state_.FindStated(true, dirty.repost) : nullptr;
    repost_record_.hashtag.assign(HashtagName(repost.name));
    repost_record_.cause = dirty.cause;
    record.id.assign(state_.Text(repost.name));
    FillStrings(record.objects, stated ? &stated->objects : nullptr, repost.object);
    record.published =
        repost.has_published ? std::optional<TimeMs>(repost.published) : std::nullopt;
    record.by.assign(state_.Text(repost.by));
    FillStrings(record.authors, stated ? &stated->authors : nullptr, kNone);
    record.deleted = repost.deleted;
    record.deleted_at = repost.deleted ? state_.DeletedAt(repost.name) : std::nullopt;
    record.stamp = repost.stamp;
    record.digest = repost.digest;
    sink.OnRecord(repost_record_);
  }
}

void Builder::Impl::FlushTrees(RecordSink& sink) {
  for (const Batch::DirtyTree& dirty : batch_.trees) {
    const Tree& tree = state_.tree(dirty.tree);
    // One that came and went within the batch is named by no record.
    if (state_.IsNewTree(dirty.tree) && tree.root == kNone) continue;
    TreeRecord record;
    record.tree = dirty.tree;
    if (tree.merged_into != kNone) {
      record.merged_into = forest_.Find(dirty.tree);
    } else if (tree.root != kNone) {
      record.root = state_.Text(state_.node(tree.root).name);
    }
    sink.OnRecord({state_.hashtag(tree.hashtag).hashtag, dirty.cause, std::move(record)});
  }
}

void Builder::Impl::FlushRest(RecordSink& sink) {
  for (const Batch::Removed& removed : batch_.removed) {
    sink.OnRecord({removed.hashtag, removed.cause, RemovedRecord{removed.kind, removed.id}});
  }
  for (const auto& [hashtag, cause] : batch_.hashtags) {
    HashtagState& state = state_.hashtag(hashtag);
    for (auto& [id, session] : state.sessions.TakeChanges()) {
      if (session) {
        sink.OnRecord({state.hashtag, cause, std::move(*session)});
      } else {
        sink.OnRecord({state.hashtag, cause, RemovedRecord{"session", FormatTime(id)}});
      }
    }
  }
  for (const auto& [key, cause] : batch_.coverage) {
    HashtagState& state = state_.hashtag(key.first);
    sink.OnRecord(
        {state.hashtag, cause, CoverageRecord{key.second, state.coverage[key.second].ranges()}});
  }
  for (const auto& [key, cause] : batch_.forgotten) {
    const ForgottenState& forgotten = state_.forgotten().at(key);
    const bool everywhere = key.hashtag == TimelineState::kEverywhere;
    sink.OnRecord(
        {everywhere ? std::string() : state_.hashtag(key.hashtag).hashtag, cause,
         ForgottenRecord{ToHex(key.digest), forgotten.at, forgotten.post, forgotten.author}});
  }
}

}  // namespace latecomer
