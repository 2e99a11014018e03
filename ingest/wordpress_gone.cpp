// What has vanished from a blog, and what that means.
#include <algorithm>

#include "ingest/mastodon_owner.h"
#include "ingest/wordpress_visits.h"

namespace latecomer {
namespace {

constexpr std::int64_t kWithdrawnForGoodMs = 86'400'000;

std::string Bare(std::string host) {
  if (host.starts_with("www.")) host.erase(0, 4);
  return host;
}

}  // namespace

// Comments that were there the last time: a list that does not show them may be wrong, so each is
// asked for.
Status WpVisits::CheckVanished(PostBatch& batch, const Visit& visit, const About& about,
                               KnownPosts& found) {
  for (const auto& [id, digest] : revisits_.Known(visit.conversation)) {
    if (id == kPostItself || found.contains(id)) continue;
    const Result<State> state = AskComment(NumberIn(id));
    if (!state) return state.error();
    if (*state == State::kGone) {
      Bury(batch, about, WpCommentId(about.id, NumberIn(id)));
    } else {
      found.emplace(id, digest);
    }
  }
  return {};
}

Result<WpVisits::State> WpVisits::AskComment(std::int64_t number) {
  std::string code;
  Result<WpAnswer> answer =
      api_.Get("comments/" + std::to_string(number), {{"_fields", "id,status"}}, &code);
  if (!answer) {
    if (answer.error().code == ErrorCode::kRetryLater) return answer.error();
    return StateOfStatus(answer.error(), code, true);
  }
  const Result<std::vector<WpComment>> comment =
      ReadWpComments(answer->body, api_.site(), context_.Now());
  if (!comment || comment->size() != 1) return State::kUnknown;
  const std::string& status = comment->front().status;
  // Who may moderate is shown it all the same.
  return status.empty() || status == "approved" ? State::kThere : State::kGone;
}

WpVisits::State WpVisits::StateOfStatus(const Error& error, const std::string& code,
                                        bool is_comment) const {
  if (code == (is_comment ? "rest_comment_invalid_id" : "rest_post_invalid_id")) {
    return State::kGone;
  }
  if (error.code == ErrorCode::kNotFound && error.message.ends_with(": gone")) return State::kGone;
  if (error.code != ErrorCode::kFatal) return State::kUnknown;
  if (is_comment) return code == "rest_cannot_read" ? State::kGone : State::kUnknown;
  return code == "rest_forbidden" || code == "rest_cannot_read" ? State::kWithdrawn
                                                                : State::kUnknown;
}

// The list of posts did not show it.
Status WpVisits::Lost(const std::string& conversation) {
  About about = ReadAbout(conversation);
  std::string code;
  Result<WpAnswer> answer = api_.Get(
      conversation, {{"_embed", "author,wp:term"}, {"_fields", std::string(kWpPostFields)}}, &code);
  State state = State::kUnknown;
  PostBatch batch(context_.spec().name);
  fresh_.erase(conversation);
  if (!answer) {
    if (answer.error().code == ErrorCode::kRetryLater) return answer.error();
    state = StateOfStatus(answer.error(), code, false);
  } else {
    Result<std::vector<WpPost>> post = ReadWpPosts(answer->body, api_.site(), context_.Now());
    if (post && post->size() == 1) {
      WpPost& read = post->front();
      const bool is_shown = !read.is_protected && (read.status.empty() || read.status == "publish");
      state = is_shown ? State::kThere : State::kWithdrawn;
      if (is_shown) return VisitOne(conversation, std::move(read));
    }
  }
  if (state == State::kGone) {
    if (Status s = LostForGood(batch, conversation, about); !s) return s;
    return Commit(batch);
  }
  const KnownPosts known = revisits_.Known(conversation);
  if (Status s = revisits_.Visited(batch, conversation, known, context_.Now()); !s) return s;
  if (state == State::kWithdrawn && !about.id.empty()) {
    if (about.withdrawn == 0) {
      about.withdrawn = context_.Now();
      if (Status s = SaveAbout(batch, conversation, about); !s) return s;
    } else if (context_.Now() - about.withdrawn >= kWithdrawnForGoodMs) {
      Bury(batch, about, about.id);
    }
    Result<bool> planned =
        revisits_.Expect(batch, conversation, context_.Now() + kWithdrawnForGoodMs);
    if (!planned) return planned.error();
  }
  return Commit(batch);
}

// Its comments went with it, unless they were moved elsewhere.
Status WpVisits::LostForGood(PostBatch& batch, const std::string& conversation,
                             const About& about) {
  if (!about.id.empty()) {
    for (const auto& [id, digest] : revisits_.Known(conversation)) {
      if (id == kPostItself) continue;
      const Result<State> state = AskComment(NumberIn(id));
      if (!state) return state.error();
      if (*state == State::kGone) Bury(batch, about, WpCommentId(about.id, NumberIn(id)));
      if (Status s = WriteFull(batch); !s) return s;
    }
    Bury(batch, about, about.id);
    if (Status s = batch.DeleteCursor("about " + conversation); !s) return s;
  }
  return revisits_.Drop(batch, conversation);
}

// Only what has its origin here: an id with another host would be of a blog that has moved, or of
// one that says it is another.
bool WpVisits::MayBury(const About& about) const {
  const std::string host = HostOfUrl(about.id);
  return !host.empty() && Bare(host) == Bare(HostOfUrl(api_.site().home));
}

void WpVisits::Bury(PostBatch& batch, const About& about, const std::string& id) {
  if (!MayBury(about)) return;
  Post post;
  post.type = PostType::kTombstone;
  post.id = id;
  if (id == about.id) {
    if (about.published != 0) post.published = about.published;
  } else {
    post.context = about.id;
  }
  post.deleted = context_.Now();
  post.source = {"wordpress", HostOfUrl(api_.site().home), context_.Now()};
  batch.AddOrReject(about.keys, post, LoggableUrl(about.id));
}

}  // namespace latecomer
