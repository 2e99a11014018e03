#include "processor/builder.h"

#include <algorithm>

#include "processor/builder_impl.h"

namespace latecomer {

Builder::Builder(std::int32_t partition, SettingsOf settings_of)
    : impl_(std::make_unique<Impl>(partition, std::move(settings_of))) {}
Builder::~Builder() = default;

Outcome Builder::Apply(const VersionInput& input) { return impl_->Apply(input); }
void Builder::ApplyAll(std::span<const VersionInput> inputs, std::vector<Outcome>& outcomes) {
  // As many as the memory system keeps in flight without pushing the first ones out again.
  constexpr std::size_t kAhead = 32;
  while (!inputs.empty()) {
    const std::span<const VersionInput> some = inputs.first(std::min(kAhead, inputs.size()));
    impl_->Prefetch(some);
    for (const VersionInput& input : some) outcomes.push_back(impl_->Apply(input));
    inputs = inputs.subspan(some.size());
  }
}
void Builder::Touch(std::string_view hashtag) { impl_->HashtagOf(hashtag); }
void Builder::Flush(RecordSink& sink) { impl_->Flush(sink); }
void Builder::Commit() { impl_->Commit(); }
void Builder::Unwind() { impl_->Unwind(); }
Status Builder::Restore(const TimelineRecord& record) { return impl_->Restore(record); }
Status Builder::FinishRestore() { return impl_->FinishRestore(); }
std::string Builder::Dump() const { return impl_->Dump(); }
std::size_t Builder::bytes() const { return impl_->bytes(); }

void Builder::Impl::Commit() {
  state_.Commit();
  batch_.Clear();
  if (sessions_restored_) {
    sessions_restored_ = false;
    restored_sessions_.clear();
  }
}

void Builder::Impl::Unwind() {
  state_.Unwind();
  batch_.Clear();
  if (sessions_restored_) CompareRestoredSessions();
}

Outcome Builder::Impl::Apply(const VersionInput& input) {
  batch_.Start(input.cause);
  at_ = input.at;
  if (const Post* post = std::get_if<Post>(input.value)) {
    return ApplyPost(*post, input, HashtagOf(input.hashtag));
  }
  if (const Coverage* coverage = std::get_if<Coverage>(input.value)) {
    return ApplyCoverage(*coverage, HashtagOf(input.hashtag));
  }
  return ApplyForget(std::get<Forget>(*input.value));
}

void Builder::Impl::Prefetch(std::span<const VersionInput> inputs) {
  prefetched_.clear();
  const auto want = [this](std::uint32_t hashtag, const std::string& id) {
    if (id.empty()) return;
    const std::uint32_t hash = TimelineState::HashOf(id, hashtag);
    state_.PrefetchSlot(hash);
    prefetched_.push_back(hash);
  };
  for (const VersionInput& input : inputs) {
    const Post* post = std::get_if<Post>(input.value);
    const std::uint32_t hashtag = state_.FindHashtag(input.hashtag);
    if (post == nullptr || hashtag == kNone) continue;
    want(hashtag, post->id);
    want(hashtag, post->type == PostType::kAnnounce ? post->object : post->in_reply_to);
    want(hashtag, post->context);
    want(TimelineState::kAuthors, post->attributed_to.id);
  }
  for (std::uint32_t& hash : prefetched_) hash = state_.PrefetchName(hash);
  for (const std::uint32_t name : prefetched_) state_.PrefetchCells(name);
}

std::uint32_t Builder::Impl::HashtagOf(std::string_view hashtag) {
  const std::uint32_t known = state_.FindHashtag(hashtag);
  if (known != kNone) return known;
  HashtagSettings settings = settings_of_(std::string(hashtag));
  settings.hashtag = hashtag;
  const std::uint32_t added = state_.AddHashtag(std::move(settings));
  batch_.hashtags[added] = batch_.cause;
  return added;
}

}  // namespace latecomer
