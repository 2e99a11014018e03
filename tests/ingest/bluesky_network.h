// A small AT network on loopback, written from its documentation: an account's server, the AppView
// behind it, the directory of DIDs, and the authors' repositories. Time is the test's.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "tests/ingest/http_test_server.h"

namespace latecomer::test {

class BlueskyNetwork {
 public:
  struct Record {
    std::string did;
    std::string rkey;
    int version = 1;
    std::string text;
    std::vector<std::string> tags;
    std::string root;  // URIs
    std::string parent;
    TimeMs created = 0;
    TimeMs indexed = 0;
    bool in_view = true;   // of the AppView
    bool in_repo = true;   // of the author's repository
    bool blocked = false;  // the account may not see it

    std::string Uri() const { return "at://" + did + "/app.bsky.feed.post/" + rkey; }
    std::string Cid() const { return "bafyrei" + rkey + "v" + std::to_string(version); }
    std::string Json() const;
  };

  BlueskyNetwork();

  // Adds a post at the present; `parent` empty: a root. Gives its URI.
  std::string Say(const std::string& who, const std::string& text,
                  const std::vector<std::string>& tags, const std::string& parent = "");
  Record& At(const std::string& uri);
  void Change(const std::string& uri, const std::string& text);
  // Deleted by its author: gone from the repository, and from the AppView.
  void Delete(const std::string& uri);
  void With(const std::function<void()>& change);

  std::string Base() const { return server_.Url("") + " " + server_.Url("/plc"); }
  std::uint64_t Requests() const { return requests_; }
  std::uint64_t refused() const { return refused_; }
  std::uint64_t Count(const std::string& nsid) const;

  std::atomic<TimeMs> now{1'700'000'000'000};
  // Behaviour. Set before anything is asked, or within With.
  bool needs_session = true;
  std::string password = "abcd-efgh";
  int token_lasts = 0;         // calls; 0: for ever
  std::size_t reachable = 0;   // results that cursors lead to; 0: all
  int depth_max = 0;           // of threads; 0: what is asked for
  bool ignores_times = false;  // since and until
  bool repeats_cursor = false;
  std::string repo_status = "active";
  std::uint32_t limit = 3000;  // requests in five minutes
  // An answer of its own instead of the right one.
  std::function<std::optional<std::string>(const ServedRequest&)> trouble;

 private:
  using Query = std::map<std::string, std::string>;
  void Serve(const ServedRequest& request, Peer& peer);
  std::string Answer(const ServedRequest& request);
  std::string Session(const ServedRequest& request);
  std::string Search(const Query& query);
  std::string Thread(const Query& query);
  std::string Origin(const std::string& path, const Query& query);
  std::string View(const Record& record) const;
  std::string Node(const Record& record, int depth) const;
  bool Shown(const Record& record) const { return record.in_view; }
  std::string Headers(std::string reply);

  mutable std::recursive_mutex mutex_;
  std::map<std::string, Record> records_;  // by URI
  std::map<std::string, std::vector<std::string>> replies_;
  std::map<std::string, std::uint64_t> counts_;
  TimeMs window_ = 0;
  std::uint32_t in_window_ = 0;
  int number_ = 0;
  int session_ = 0;
  int used_ = 0;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> refused_{0};
  TestServer server_;  // last: its threads use the rest
};

std::string DidOf(const std::string& who);

}  // namespace latecomer::test
