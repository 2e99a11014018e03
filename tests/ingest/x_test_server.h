// A small X: its API v2 as the documentation has it, for as far as a reader needs it, in simulated
// time. What the documentation forbids is refused as X refuses it, and remembered.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "tests/ingest/http_test_server.h"

namespace latecomer::test {

struct XTweet {
  std::string id;
  std::vector<std::string> versions;  // of the post, itself included, oldest first
  TimeMs at = 0;
  std::string author = "7";
  std::string text;
  std::vector<std::string> tags;  // in lower case
  std::string conversation;
  std::string replied_to;
  std::string quoted;
  std::string retweeted;
  bool deleted = false;
  bool is_protected = false;
};

class XServer {
 public:
  explicit XServer(TimeMs now);

  std::string base() const { return server_->Url(""); }
  // The id of a post made at that time; each is another.
  std::string Id(TimeMs at);
  // Posts it, at the time in `tweet.at` (0: now); gives its id.
  std::string Post(XTweet tweet);
  std::string Edit(const std::string& id, const std::string& text, TimeMs at);
  void Delete(const std::string& id);
  void Protect(const std::string& id);

  std::atomic<TimeMs> now;
  std::atomic<TimeMs> clock_ahead{0};  // X's clock before ours
  std::atomic<TimeMs> index_behind{10'000};
  std::size_t page_max = 100;
  std::uint32_t recent_limit = 450;  // in 15 minutes
  std::uint32_t lookup_limit = 900;
  bool is_capped = false;
  bool repeats_tokens = false;
  bool has_endless_pages = false;
  std::string garbage;  // instead of the next answer

  std::vector<std::string> violations();  // what the documentation forbids
  std::uint64_t requests() const { return requests_; }
  std::uint64_t refused() const { return refused_; }
  std::map<std::string, std::string> rules();  // value, tag
  void AddRule(const std::string& value, const std::string& tag);
  // Streams: those that were sent, and how many are open.
  int open_streams() const { return open_streams_; }
  std::uint64_t streams() const { return streams_; }
  std::size_t streamed_count() const { return streamed_count_; }
  std::vector<std::string> StreamedSince(std::size_t number);
  void CutStream() { ++cuts_; }
  std::atomic<bool> stream_forbidden{false};

 private:
  struct Window {
    TimeMs begin = 0;
    std::uint32_t used = 0;
  };
  using Query = std::map<std::string, std::string>;

  TimeMs ServerNow() const { return now + clock_ahead; }
  void Handle(const ServedRequest& request, Peer& peer);
  std::string Search(const Query& query, bool all);
  std::string Lookup(const Query& query);
  std::string ChangeRules(const std::string& body);
  std::string ListRules();
  void Stream(Peer& peer);
  std::string Answer(int status, const std::string& body);
  std::string Wrong(const std::string& what);
  bool Spend(const std::string& limit, std::uint32_t most, std::string& headers);
  bool Matches(const XTweet& tweet, const std::string& query) const;
  std::string Json(const XTweet& tweet) const;
  std::string Page(const std::vector<const XTweet*>& tweets, const std::string& rest) const;

  mutable std::recursive_mutex mutex_;
  std::map<std::string, XTweet> tweets_;
  std::vector<std::string> order_;  // as they were posted
  std::map<std::string, Window> windows_;
  std::map<std::string, std::pair<std::string, std::string>> tokens_;  // query, before that id
  std::map<std::string, XTweet> rule_store_;                           // by id: text, quoted = tag
  std::vector<std::string> violations_;
  std::vector<std::string> streamed_;
  std::string limit_headers_;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> streams_{0};
  std::atomic<int> open_streams_{0};
  std::atomic<std::uint64_t> cuts_{0};
  std::atomic<std::size_t> streamed_count_{0};
  TimeMs last_all_ = 0;
  std::uint64_t sequence_ = 0;
  std::unique_ptr<TestServer> server_;  // last: its threads use the rest
};

}  // namespace latecomer::test
