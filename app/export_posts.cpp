#include "app/export_posts.h"

#include <algorithm>

#include "model/post_json.h"

namespace latecomer {
namespace {

constexpr std::size_t kStretch = 1'000;

void Write(const PostsValue& value, const LineSink& sink) {
  std::string line;
  AppendPostsValue(line, value);
  sink(line);
}

Post Skeleton(const EntryRecord& record) {
  Post post;
  post.id = record.id;
  post.published = record.published;
  post.via = record.via;
  if (!record.parents.empty()) post.in_reply_to = record.parents.front();
  if (record.root) {
    post.context = record.id;
  } else if (!record.contexts.empty()) {
    post.context = record.contexts.front();
  }
  return post;
}

// A deleted entry: that it was there, where it stood, and that it is gone. Its Note, without author
// or content, is what makes it carry the tag.
void WriteDeleted(const EntryRecord& record, const LineSink& sink) {
  Post gone = Skeleton(record);
  if (record.via == Via::kTag) Write(gone, sink);
  gone.type = PostType::kTombstone;
  gone.via = Via::kTag;
  gone.deleted = record.deleted_at;
  Write(gone, sink);
}

// What else versions stated than the links that count: a later Forget chooses among all of it.
void WriteMore(const EntryRecord& record, const LineSink& sink) {
  const std::size_t lines = std::max(record.parents.size(), record.contexts.size());
  for (std::size_t i = record.root ? 0 : 1; i < lines; ++i) {
    Post version = Skeleton(record);
    version.updated = kTimeMsMin;  // never the version that wins
    version.in_reply_to = i < record.parents.size() ? record.parents[i] : std::string();
    version.context = i < record.contexts.size() ? record.contexts[i] : std::string();
    if (version.in_reply_to.empty() && version.context.empty()) continue;
    Write(version, sink);
  }
}

Status WriteEntries(const Timeline& timeline, const std::vector<std::uint32_t>& stretch,
                    TimelineReadStore& store, const LineSink& sink) {
  std::vector<std::string> ids;
  for (const std::uint32_t i : stretch) ids.push_back(timeline.entries()[i].record.id);
  auto contents = store.Contents(timeline.hashtag(), ids);
  if (!contents) return contents.error();
  for (std::size_t k = 0; k < stretch.size(); ++k) {
    const EntryRecord& record = timeline.entries()[stretch[k]].record;
    if (record.deleted) {
      WriteDeleted(record, sink);
    } else {
      Post post = Skeleton(record);
      if (Status read = ReadContent((*contents)[k], post); !read) return read;
      // Which version is the freshest must still be known: its stamp is `updated` or `published`.
      if (!post.updated && record.stamp != record.published) post.updated = record.stamp;
      Write(post, sink);
    }
    WriteMore(record, sink);
  }
  return {};
}

void WriteRepost(const RepostRecord& record, const LineSink& sink) {
  for (const std::string& object : record.objects) {
    Post post;
    post.type = PostType::kAnnounce;
    post.id = record.id;
    post.published = record.published.value_or(record.stamp);
    if (record.stamp != *post.published) post.updated = record.stamp;
    if (!record.deleted) post.attributed_to.id = record.by;
    post.object = object;
    Write(post, sink);
  }
  if (!record.deleted) return;
  Post gone;
  gone.type = PostType::kTombstone;
  gone.id = record.id;
  gone.published = record.published;
  gone.deleted = record.deleted_at;
  Write(gone, sink);
}

void WriteCoverage(const CoverageRecord& record, const LineSink& sink) {
  for (const CoverageRange& range : record.ranges) {
    Write(Coverage{record.source, range.from, range.to, range.complete, range.why}, sink);
  }
}

}  // namespace

Status WritePosts(const Timeline& timeline, const std::vector<CoverageRecord>& coverage,
                  std::uint32_t only_session, TimelineReadStore& store, const LineSink& sink) {
  std::vector<std::uint32_t> stretch;
  for (std::uint32_t i = 0; i < timeline.entries().size(); ++i) {
    if (only_session != kNone && timeline.entries()[i].session != only_session) continue;
    stretch.push_back(i);
    if (stretch.size() < kStretch) continue;
    if (Status s = WriteEntries(timeline, stretch, store, sink); !s) return s;
    stretch.clear();
  }
  if (Status s = WriteEntries(timeline, stretch, store, sink); !s) return s;
  for (const RepostRecord& repost : timeline.reposts()) {
    const std::uint32_t entry =
        repost.objects.empty() ? kNone : timeline.FindEntry(repost.objects.front());
    const bool inside = only_session == kNone ||
                        (entry != kNone && timeline.entries()[entry].session == only_session);
    if (inside) WriteRepost(repost, sink);
  }
  if (only_session != kNone) return {};
  for (const CoverageRecord& record : coverage) WriteCoverage(record, sink);
  return {};
}

}  // namespace latecomer
