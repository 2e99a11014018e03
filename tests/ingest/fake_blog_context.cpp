// What a source beside the blog in memory runs in.
#include "model/html.h"
#include "tests/ingest/fake_blog.h"

namespace latecomer::test {

Started Fill(FakeBlog& blog) {
  Started made{};
  made.tag = blog.AddTag("OpenDay");
  const std::int64_t elsewhere = blog.AddTag("OpenDayElsewhere");
  made.post = blog.AddPost("Come & see", "The doors are open", {made.tag});
  blog.AddPost("Late", "see you at #OpenDay then");
  made.other = blog.AddPost("Lunch", "Soup", {elsewhere});
  blog.AddPost("Nothing", "of the kind");
  made.first = blog.AddComment(made.post, "I shall be there");
  made.reply = blog.AddComment(made.post, "So shall I", made.first);
  blog.AddComment(made.other, "Better than at #openday?");
  blog.AddComment(made.other, "Much");
  return made;
}

// The context
Status BlogContext::Write(PostBatch& batch) {
  if (batch.IsEmpty()) return {};
  if (on_write) {
    if (const std::optional<Error> fault = on_write()) return *fault;
  }
  for (const PostBatch::Held& held : batch.held()) {
    if (held.kind == PostBatch::Held::Kind::kReject) {
      rejects.push_back(held.value);
      continue;
    }
    BOOST_REQUIRE(reader_.Read(held.value));
    if (const auto* post = std::get_if<Post>(&reader_.value())) Keep(held.key, *post);
    if (const auto* said = std::get_if<Coverage>(&reader_.value())) {
      coverage.push_back(std::to_string(said->from) + "-" + std::to_string(said->to) + " " +
                         (said->complete ? "whole" : said->why));
    }
  }
  for (const auto& [key, value] : batch.cursors()) {
    if (value) {
      cursors_.insert_or_assign(key, *value);
    } else {
      cursors_.erase(key);
    }
  }
  batch.Clear();
  return {};
}

bool BlogContext::WaitFor(std::chrono::milliseconds time) {
  now += time.count();
  if (on_wait) on_wait();
  return !stopped();
}

void BlogContext::Keep(const std::string& hashtag, const Post& post) {
  Folded& folded = posts_[{hashtag, post.id}];
  Post version = post;
  version.source.retrieved.reset();
  std::string json;
  AppendPost(json, version);
  if (!folded.versions.insert(json).second) ++doubled;
  if (post.type == PostType::kTombstone) {
    folded.is_deleted = true;
    return;
  }
  folded.is_tagged |= post.via == Via::kTag;
  const TimeMs stamp = post.updated.value_or(post.published.value_or(0));
  std::string content;
  AppendContent(content, post);
  const std::uint64_t digest = ContentDigest(content);
  if (std::pair(stamp, digest) < std::pair(folded.stamp, folded.digest)) return;
  folded.stamp = stamp;
  folded.digest = digest;
  folded.winner = post;
}

std::map<std::string, std::string> BlogContext::Seen(const std::string& hashtag) const {
  std::map<std::string, std::string> seen;
  for (const auto& [key, folded] : posts_) {
    if (key.first != hashtag) continue;
    if (folded.is_deleted) {
      seen[key.second] = "deleted";
      continue;
    }
    seen[key.second] =
        (folded.is_tagged ? "tag " : "thread ") + TextFromHtml(folded.winner.content);
    if (!folded.winner.in_reply_to.empty()) {
      seen[key.second] += " in reply to " + folded.winner.in_reply_to;
    }
  }
  return seen;
}

// The rig
SourceSpec BlogRig::Spec(const std::string& kind, bool once,
                         std::map<std::string, std::string, std::less<>> options,
                         const TestServer& server) {
  options.try_emplace("base", server.Url("/"));
  SourceSpec spec;
  spec.name = "blog";
  spec.kind = kind;
  spec.once = once;
  spec.hashtags = {{"openday", "OpenDay", {}}};
  spec.options = std::move(options);
  if (kind == "feed" && spec.options["base"] == server.Url("/")) {
    spec.options["base"] = server.Url("/?feed=atom");
  }
  return spec;
}

BlogRig::BlogRig(const std::string& kind, bool once,
                 std::map<std::string, std::string, std::less<>> options)
    : server([this](const ServedRequest& request, Peer& peer) { blog.Serve(request, peer); }),
      context(Spec(kind, once, std::move(options), server)) {
  blog.base = server.Url("");
  HttpClientSettings settings = LoopbackSettings();
  settings.clock = [this] { return now_.load(); };
  client_ = Client(settings);
  context.client = client_.get();
  context.on_wait = [this] {
    now_ = context.now;
    blog.now = context.now;
    if (until_ != 0 && context.now >= until_) context.RequestStop();
  };
}

Status BlogRig::Run(TimeMs until) {
  until_ = until;
  context.Restart();
  Result<std::unique_ptr<Source>> source = MakeSource(context.spec());
  BOOST_REQUIRE(source);
  return (*source)->Run(context);
}

std::vector<SourceFinding> BlogRig::Check() {
  Result<std::unique_ptr<Source>> source = MakeSource(context.spec());
  BOOST_REQUIRE(source);
  return (*source)->Check(context);
}

}  // namespace latecomer::test
