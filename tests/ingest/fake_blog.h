// A WordPress blog in memory, written from its REST handbook and from what 6.1 answers: tags,
// categories, posts, pages and comments with paging, search and errors, and its feeds. And a
// context that keeps what a source writes as a reader would see it in the end.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ingest/source.h"
#include "model/post_json.h"
#include "tests/ingest/http_harness.h"

namespace latecomer::test {

inline constexpr TimeMs kBlogBegin = 1'700'000'000'000;

inline constexpr TimeMs kMinute = 60'000;
inline constexpr TimeMs kHour = 60 * kMinute;
inline constexpr TimeMs kDay = 24 * kHour;

using Seen = std::map<std::string, std::string>;

inline void CheckSame(const Seen& seen, const Seen& expected) {
  for (const auto& [id, text] : expected) {
    const auto found = seen.find(id);
    BOOST_TEST((found != seen.end()), "missing: " << id << " " << text);
    if (found != seen.end()) BOOST_TEST(found->second == text, id);
  }
  for (const auto& [id, text] : seen) {
    BOOST_TEST(expected.contains(id), "too many: " << id << " " << text);
  }
}

inline bool Has(const std::vector<std::string>& list, const std::string& part) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& one) { return one.find(part) != std::string::npos; });
}

class FakeBlog {
 public:
  struct Term {
    std::int64_t number = 0;
    std::string name, slug;
  };
  struct Post {
    std::int64_t number = 0;
    std::string title, content, status = "publish", route = "posts";
    std::vector<std::int64_t> tags;
    TimeMs date = 0, modified = 0;
    bool is_protected = false;
  };
  struct Comment {
    std::int64_t number = 0, post = 0, parent = 0;
    std::string text, author, status = "approved";
    TimeMs date = 0;
  };

  // All of these from any thread.
  std::int64_t AddTag(const std::string& name);
  std::int64_t AddPost(const std::string& title, const std::string& content,
                       std::vector<std::int64_t> tags = {});
  std::int64_t AddComment(std::int64_t post, const std::string& text, std::int64_t parent = 0);
  // Changes one; `change` must not call back.
  void ChangePost(std::int64_t number, const std::function<void(Post&)>& change);
  void ChangeComment(std::int64_t number, const std::function<void(Comment&)>& change);
  void TrashPost(std::int64_t number);
  void TrashComment(std::int64_t number);
  void DeletePost(std::int64_t number);  // for good, with its comments
  void DeleteComment(std::int64_t number);

  // The answer to a request.
  void Serve(const ServedRequest& request, Peer& peer);
  // What is asked first; true: it has answered.
  std::function<bool(const ServedRequest&, Peer&)> before;

  // What a reader should see of a hashtag, as BlogContext::Seen says it.
  std::map<std::string, std::string> Expected(const std::string& tag) const;

  std::string base;       // "http://127.0.0.1:1", without a slash at the end
  std::string guid_base;  // of ids; "": base
  std::atomic<TimeMs> now{kBlogBegin};
  std::atomic<bool> rest{true};  // false: the API is closed
  std::atomic<int> feed_items{10};
  std::atomic<std::uint64_t> served{0};

 private:
  using Query = std::multimap<std::string, std::string>;
  std::string Rest(const std::string& path, const Query& query, int* status,
                   std::vector<std::string>* headers) const;
  std::string List(const std::string& route, const Query& query, int* status,
                   std::vector<std::string>* headers) const;
  std::string One(const std::string& route, std::int64_t number, int* status) const;
  std::string Feed(const Query& query, int* status) const;
  std::string CommentFeed(const Post& post) const;
  std::string PostJson(const Post& post) const;
  std::string CommentJson(const Comment& comment) const;
  std::string Guid(std::int64_t post) const;
  std::string Link(std::int64_t post) const;
  bool Carries(const Post& post, const std::string& tag) const;

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::int64_t, Term> tags_;
  std::map<std::int64_t, Post> posts_;
  std::map<std::int64_t, Comment> comments_;
  std::set<std::int64_t> taken_back_;  // posts that were shown once, gone for good
  std::int64_t last_ = 0;
};

struct Started {
  std::int64_t tag, post, other, first, reply;
};
// A tagged post with comments, one that has the hashtag in its text, one whose comment has it, and
// what is about something else.
Started Fill(FakeBlog& blog);

// Keeps what is written, folded as the contract says.
class BlogContext final : public SourceContext {
 public:
  explicit BlogContext(SourceSpec spec) : spec_(std::move(spec)) {}

  const SourceSpec& spec() const override { return spec_; }
  std::stop_token stop() const override { return stop_.get_token(); }
  const Cursors& cursors() const override { return cursors_; }
  Status Write(PostBatch& batch) override;
  SourceCounters& counters() override { return counters_; }
  HttpClient& http() override { return *client; }
  TimeMs Now() const override { return now; }
  bool WaitFor(std::chrono::milliseconds time) override;

  void RequestStop() { stop_.request_stop(); }
  // As another process finds it.
  void Restart() { stop_ = std::stop_source(); }

  // Of each id: "tag TEXT", "thread TEXT" with " in reply to PARENT", or "deleted".
  std::map<std::string, std::string> Seen(const std::string& hashtag) const;
  // "FROM-TO why", in the order in which it was said.
  std::vector<std::string> coverage;
  std::vector<std::string> rejects;
  std::uint64_t doubled = 0;  // the same version under the same hashtag a second time

  HttpClient* client = nullptr;
  TimeMs now = kBlogBegin;
  std::function<std::optional<Error>()> on_write;
  std::function<void()> on_wait;

 private:
  struct Folded {
    Post winner;
    TimeMs stamp = 0;
    std::uint64_t digest = 0;
    bool is_deleted = false;
    bool is_tagged = false;
    std::set<std::string> versions;
  };
  void Keep(const std::string& hashtag, const Post& post);

  SourceSpec spec_;
  std::stop_source stop_;
  Cursors cursors_;
  SourceCounters counters_;
  PostReader reader_;
  std::map<std::pair<std::string, std::string>, Folded> posts_;
};

// A blog, its server, a client whose time is the context's, and sources run on them.
class BlogRig {
 public:
  explicit BlogRig(const std::string& kind, bool once = false,
                   std::map<std::string, std::string, std::less<>> options = {});

  // Runs a new source on the context until it ends by itself, or `until` (0: never) is reached.
  Status Run(TimeMs until = 0);
  std::vector<SourceFinding> Check();

  FakeBlog blog;
  TestServer server;
  BlogContext context;

 private:
  static SourceSpec Spec(const std::string& kind, bool once,
                         std::map<std::string, std::string, std::less<>> options,
                         const TestServer& server);
  std::atomic<TimeMs> now_{kBlogBegin};
  TimeMs until_ = 0;
  std::unique_ptr<HttpClient> client_;
};

}  // namespace latecomer::test
