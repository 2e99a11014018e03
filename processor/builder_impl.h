// The inside of Builder, spread over builder_*.cpp: fold, forget, flush, restore, dump.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "processor/batch.h"
#include "processor/builder.h"
#include "processor/forest.h"
#include "processor/timeline_state.h"

namespace latecomer {

class Builder::Impl {
 public:
  Impl(std::int32_t partition, SettingsOf settings_of)
      : partition_(partition), settings_of_(std::move(settings_of)), forest_(state_, batch_) {}

  Outcome Apply(const VersionInput& input);
  void Prefetch(std::span<const VersionInput> inputs);
  std::uint32_t HashtagOf(std::string_view hashtag);
  void Flush(RecordSink& sink);
  void Commit();
  void Unwind();
  Status Restore(const TimelineRecord& record);
  Status FinishRestore();
  std::string Dump() const;
  std::size_t bytes() const { return state_.bytes(); }

 private:
  // The names that a version states, forgotten ones replaced.
  struct Links {
    std::uint32_t parent = kNone;
    std::uint32_t context = kNone;
    bool root = false;
  };

  // ---- builder_fold.cpp
  Outcome ApplyPost(const Post& post, const VersionInput& input, std::uint32_t hashtag);
  Outcome ApplyCoverage(const Coverage& coverage, std::uint32_t hashtag);
  Links LinksOf(const Post& post, std::uint32_t hashtag, std::uint32_t own);
  Outcome FoldEntry(std::uint32_t node, const Post& post, const VersionInput& input);
  Outcome NewEntry(std::uint32_t name, const Post& post, const VersionInput& input);
  Outcome FoldTombstone(std::uint32_t name, const Post& post);
  Outcome FoldUnpublished(std::uint32_t name, const Post& post);
  Outcome FoldRepost(std::uint32_t repost, const Post& post, const VersionInput& input);
  Outcome NewRepost(std::uint32_t name, const Post& post, const VersionInput& input);
  bool AddParent(std::uint32_t node, std::uint32_t parent);
  bool AddContext(std::uint32_t node, std::uint32_t context);
  bool AddObject(std::uint32_t repost, std::uint32_t object);
  bool SetAuthors(bool of_repost, std::uint32_t at, std::uint32_t winner_before,
                  std::uint32_t winner_now, std::uint32_t seen);
  bool SetPublished(std::uint32_t node, TimeMs published);
  bool SetTagged(std::uint32_t node);
  bool SetDeleted(std::uint32_t name, std::optional<TimeMs> at);
  void UpdateMore(bool of_repost, std::uint32_t at);

  // ---- builder_forget.cpp
  Outcome ApplyForget(const Forget& forget);
  bool IsForgotten(const Post& post, std::uint32_t hashtag);
  std::string_view Renamed(std::uint32_t hashtag, std::string_view id, std::string& buffer) const;
  void MarkForgotten(std::uint32_t hashtag, const std::string& id, bool post, bool author);
  void EraseId(std::uint32_t name);
  void EraseEntry(std::uint32_t name);
  void EraseRepost(std::uint32_t name);
  void EraseForgottenAuthors();
  void RenameErased();
  std::uint32_t RenamedName(std::uint32_t name);
  bool RenameAll(std::vector<std::uint32_t>& names);
  void RenameInNode(std::uint32_t node);
  void RenameInRepost(std::uint32_t repost);
  void RenameInUnpublished(std::uint32_t name);
  void Restate(std::uint32_t node, std::vector<std::uint32_t> parents,
               std::vector<std::uint32_t> contexts);

  // ---- builder_flush.cpp
  void FlushNodes(RecordSink& sink);
  void FlushReposts(RecordSink& sink);
  void FlushUnpublished(RecordSink& sink);
  void FlushTrees(RecordSink& sink);
  void FlushRest(RecordSink& sink);
  void FillEntry(EntryRecord& entry, const Batch::DirtyNode& dirty);
  void FillStrings(std::vector<std::string>& out, const std::vector<std::uint32_t>* several,
                   std::uint32_t single) const;
  const std::string& HashtagName(std::uint32_t name) const {
    return state_.hashtag(state_.name(name).hashtag).hashtag;
  }
  std::uint32_t Smallest(const std::vector<std::uint32_t>& names) const;

  // ---- builder_restore.cpp
  Status RestoreEntry(std::uint32_t hashtag, const EntryRecord& record);
  void RestoreFacts(std::uint32_t node, const EntryRecord& record);
  void RestoreUnpublished(std::uint32_t name, const EntryRecord& record);
  void RestoreRepost(std::uint32_t hashtag, const RepostRecord& record);
  void RestoreTree(const TreeRecord& record);
  void RestoreRemoved(std::uint32_t hashtag, const RemovedRecord& record);
  std::vector<std::uint32_t> InternAll(std::uint32_t hashtag, const std::vector<std::string>& ids);

  std::int32_t partition_;
  SettingsOf settings_of_;
  TimelineState state_;
  Batch batch_;
  Forest forest_;
  TimeMs at_ = 0;  // of the input at hand

  std::vector<std::uint32_t> prefetched_;  // hashes, then names; kept for its memory

  // One of each, reused, so that records cost no allocations.
  TimelineRecord entry_record_;
  TimelineRecord repost_record_;
  TimelineRecord record_;
  void CompareRestoredSessions();

  // Restored `session` records, by hashtag and id: needed until what differs from them is
  // committed.
  std::map<std::uint32_t, std::map<TimeMs, SessionRecord>> restored_sessions_;
  bool sessions_restored_ = false;
  std::size_t restored_ = 0;
};

}  // namespace latecomer
