// The state made again from records of `timelines`: the output topic is the changelog.
#include <algorithm>
#include <charconv>

#include "processor/builder_impl.h"

namespace latecomer {
namespace {

// How many records between forgetting how to undo them: restoring is never unwound.
constexpr std::size_t kCommitEvery = 10'000;
constexpr std::int64_t kTreesMax = kNone - 1;

std::optional<Sha256Digest> FromHex(const std::string& text) {
  Sha256Digest digest;
  if (text.size() != digest.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const char* const at = text.data() + 2 * i;
    const auto parsed = std::from_chars(at, at + 2, digest[i], 16);
    if (parsed.ptr != at + 2) return std::nullopt;
  }
  return digest;
}

}  // namespace

Status Builder::Impl::Restore(const TimelineRecord& record) {
  if (++restored_ % kCommitEvery == 0) Commit();
  if (const auto* forgotten = std::get_if<ForgottenRecord>(&record.body)) {
    const std::optional<Sha256Digest> digest = FromHex(forgotten->sha256);
    if (!digest) return Corrupt("timelines: forgotten record without a SHA-256");
    const std::uint32_t hashtag =
        record.hashtag.empty() ? TimelineState::kEverywhere : HashtagOf(record.hashtag);
    state_.SetForgotten({hashtag, *digest}, {forgotten->at, forgotten->post, forgotten->author});
    return {};
  }
  if (const auto* tree = std::get_if<TreeRecord>(&record.body)) {
    if (tree->tree < 0 || tree->tree > kTreesMax || tree->merged_into.value_or(0) < 0 ||
        tree->merged_into.value_or(0) > kTreesMax) {
      return Corrupt("timelines: tree record with number " + std::to_string(tree->tree));
    }
    HashtagOf(record.hashtag);
    RestoreTree(*tree);
    const auto own = static_cast<std::uint32_t>(tree->tree);
    state_.MutableTree(own).hashtag = state_.FindHashtag(record.hashtag);
    return {};
  }
  const std::uint32_t hashtag = HashtagOf(record.hashtag);
  if (const auto* entry = std::get_if<EntryRecord>(&record.body)) {
    return RestoreEntry(hashtag, *entry);
  }
  if (const auto* repost = std::get_if<RepostRecord>(&record.body)) {
    RestoreRepost(hashtag, *repost);
  } else if (const auto* session = std::get_if<SessionRecord>(&record.body)) {
    restored_sessions_[hashtag][session->id] = *session;
  } else if (const auto* coverage = std::get_if<CoverageRecord>(&record.body)) {
    state_.hashtag(hashtag).coverage[coverage->source].Restore(coverage->ranges);
  } else {
    RestoreRemoved(hashtag, std::get<RemovedRecord>(record.body));
  }
  return {};
}

std::vector<std::uint32_t> Builder::Impl::InternAll(std::uint32_t hashtag,
                                                    const std::vector<std::string>& ids) {
  std::vector<std::uint32_t> names;
  for (const std::string& id : ids) names.push_back(state_.Intern(hashtag, id));
  return names;
}

Status Builder::Impl::RestoreEntry(std::uint32_t hashtag, const EntryRecord& record) {
  const std::uint32_t name = state_.Intern(hashtag, record.id);
  Name& cell = state_.MutableName(name);
  if (cell.kind == Name::kRepost) return {};  // the older of the two: it became a repost
  if (record.unpublished) {
    RestoreUnpublished(name, record);
    return {};
  }
  if (record.tree < 0 || record.tree > kTreesMax) {
    return Corrupt("timelines: entry " + record.id + " in tree " + std::to_string(record.tree));
  }
  if (cell.kind == Name::kUnpublished) state_.EraseUnpublished(name);
  if (cell.kind != Name::kEntry) {
    Node fresh{};
    fresh.name = name;
    fresh.stated_parent = fresh.stated_context = fresh.author = kNone;
    fresh.parent = fresh.first_child = fresh.next = fresh.previous = fresh.tree = kNone;
    fresh.is_entry = true;
    fresh.n = record.n;
    state_.ReserveNumber(hashtag, record.n);
    cell.self = state_.NewNode(fresh);
    cell.kind = Name::kEntry;
  }
  RestoreFacts(cell.self, record);
  state_.SetDeletedAt(name, record.deleted_at);
  return {};
}

void Builder::Impl::RestoreFacts(std::uint32_t node, const EntryRecord& record) {
  Node& cell = state_.MutableNode(node);
  const std::uint32_t hashtag = state_.name(cell.name).hashtag;
  std::vector<std::uint32_t> parents = InternAll(hashtag, record.parents);
  std::vector<std::uint32_t> contexts = InternAll(hashtag, record.contexts);
  cell.stated_parent = Smallest(parents);
  cell.stated_context = Smallest(contexts);
  cell.root = record.root;
  cell.tagged = record.via == Via::kTag;
  cell.deleted = record.deleted;
  cell.published = record.published;
  cell.tree = static_cast<std::uint32_t>(record.tree);
  cell.author = state_.Intern(TimelineState::kAuthors, record.author);
  if (!record.is_link) {
    cell.has_content = record.has_note;
    cell.stamp = record.has_note ? record.stamp : 0;
    cell.digest = record.has_note ? record.digest : 0;
  }
  if (parents.size() < 2) parents.clear();
  if (contexts.size() < 2) contexts.clear();
  Stated stated{std::move(parents),
                std::move(contexts),
                {},
                InternAll(TimelineState::kAuthors, record.authors)};
  if (!cell.more && stated == Stated{}) return;
  state_.MutableStated(false, node) = std::move(stated);
  UpdateMore(false, node);
}

void Builder::Impl::RestoreUnpublished(std::uint32_t name, const EntryRecord& record) {
  const std::uint32_t hashtag = state_.name(name).hashtag;
  if (state_.name(name).kind == Name::kEntry) return;  // cannot get younger than that
  state_.MutableName(name).kind = Name::kUnpublished;
  Unpublished& facts = state_.MutableUnpublished(name);
  facts.parents = InternAll(hashtag, record.parents);
  facts.contexts = InternAll(hashtag, record.contexts);
  facts.root = record.root;
  state_.SetDeletedAt(name, record.deleted_at);
}

void Builder::Impl::RestoreRepost(std::uint32_t hashtag, const RepostRecord& record) {
  const std::uint32_t name = state_.Intern(hashtag, record.id);
  Name& cell = state_.MutableName(name);
  if (cell.kind == Name::kEntry || cell.kind == Name::kUnpublished) {
    RestoreRemoved(hashtag, {"entry", record.id});
  }
  if (cell.kind != Name::kRepost) {
    Repost fresh{};
    fresh.name = name;
    fresh.object = fresh.by = fresh.placeholders = kNone;
    cell.self = state_.NewRepost(fresh);
    cell.kind = Name::kRepost;
  }
  Repost& repost = state_.MutableRepost(cell.self);
  std::vector<std::uint32_t> objects = InternAll(hashtag, record.objects);
  repost.object = Smallest(objects);
  repost.by = state_.Intern(TimelineState::kAuthors, record.by);
  repost.deleted = record.deleted;
  repost.has_published = record.published.has_value();
  repost.published = record.published.value_or(0);
  repost.stamp = record.stamp;
  repost.digest = record.digest;
  state_.SetDeletedAt(name, record.deleted_at);
  if (objects.size() < 2) objects.clear();
  Stated stated{{}, {}, std::move(objects), InternAll(TimelineState::kAuthors, record.authors)};
  if (!repost.more && stated == Stated{}) return;
  state_.MutableStated(true, cell.self) = std::move(stated);
  UpdateMore(true, cell.self);
}

void Builder::Impl::RestoreTree(const TreeRecord& record) {
  const auto tree = static_cast<std::uint32_t>(record.tree);
  const auto into = static_cast<std::uint32_t>(record.merged_into.value_or(0));
  while (state_.tree_count() <= std::max(tree, into)) {
    state_.NewTree({kNone, kNone, 0, kNone});
  }
  state_.MutableTree(tree).merged_into = record.merged_into ? into : kNone;
}

void Builder::Impl::RestoreRemoved(std::uint32_t hashtag, const RemovedRecord& record) {
  if (record.kind == "session") {
    const std::optional<TimeMs> id = ParseTime(record.id);
    if (id) restored_sessions_[hashtag].erase(*id);
    return;
  }
  const std::uint32_t name = state_.FindName(hashtag, record.id);
  if (name == kNone) return;
  const Name known = state_.name(name);
  if (record.kind == "entry" && known.kind == Name::kEntry) {
    state_.ReleaseNumber(hashtag, state_.node(known.self).n);
    state_.EraseStated(false, known.self);
    state_.FreeNode(known.self);
  } else if (record.kind == "entry" && known.kind == Name::kUnpublished) {
    state_.EraseUnpublished(name);
  } else if (record.kind == "repost" && known.kind == Name::kRepost) {
    state_.EraseStated(true, known.self);
    state_.MutableRepost(known.self).name = kNone;
  } else {
    return;
  }
  state_.SetDeletedAt(name, std::nullopt);
  Name& cell = state_.MutableName(name);
  cell.kind = Name::kUnknown;
  cell.self = kNone;
}

Status Builder::Impl::FinishRestore() {
  const std::uint32_t entries = state_.node_count();
  for (std::uint32_t i = 0; i < entries; ++i) {
    const Node& node = state_.node(i);
    if (state_.IsFree(node) || !node.is_entry) continue;
    forest_.RestoreLink(i);
    if (node.tagged) state_.AddTime(state_.name(node.name).hashtag, node.published);
    if (i % kCommitEvery == 0) state_.Commit();
  }
  if (!forest_.FinishRestore()) {
    return Corrupt(
        "timelines: records of one conversation contradict each other; rebuild the "
        "timelines from posts, or restore the topic from a backup");
  }
  state_.Commit();
  batch_.Clear();
  sessions_restored_ = true;
  CompareRestoredSessions();
  return {};
}

// Sessions that the settings of today make different are written with the next batch.
void Builder::Impl::CompareRestoredSessions() {
  batch_.Start({partition_, -1});
  for (std::uint32_t h = 0; h < state_.hashtag_count(); ++h) {
    state_.hashtag(h).sessions.CompareWith(restored_sessions_[h]);
    batch_.hashtags[h] = batch_.cause;
  }
}

}  // namespace latecomer
