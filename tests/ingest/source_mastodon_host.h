// An instance in memory that answers as Mastodon's documentation and source say, or as one of its
// kin does: posts with arrival and age, threads with the bounds of those without a token, paging,
// deletions, streams, and the limits of requests, counted here.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"

namespace latecomer::test {

struct HostStatus {
  std::string id;
  std::string uri;
  std::string author = "ana";
  TimeMs created = 0;
  TimeMs edited = 0;
  std::string text;
  std::vector<std::string> tags;
  std::string parent;  // its id here
  std::string visibility = "public";
  bool is_deleted = false;
};

struct HostReply {
  int status = 200;
  std::string body;
  std::vector<std::string> headers;
};

struct HostRequest {
  std::string target;
  std::string path;
  std::map<std::string, std::string> query;
  std::string authorization;
  std::string user_agent;
};

class MastodonHost {
 public:
  enum class Kind { kMastodon, kGoToSocial, kPleroma, kPixelfed };

  // `name`: as its posts' uris have it ("social.example", or an authority on loopback).
  explicit MastodonHost(std::string name, Kind kind = Kind::kMastodon);

  // A post that arrives now; its id is made from `created`, as Mastodon and GoToSocial do. Gives
  // the id. `from`: the host that it was written on, if not here.
  std::string Post(const std::string& text, const std::vector<std::string>& tags,
                   const std::string& parent = "", TimeMs created = 0,
                   const std::string& from = "");
  void Edit(const std::string& id, const std::string& text);
  void Delete(const std::string& id);
  HostStatus& At(const std::string& id);

  HostReply Answer(const HostRequest& request);
  const std::vector<std::size_t>& ChildrenOf(const std::string& id) const;
  static HostRequest Parse(const std::string& target);

  TimeMs now = 1'700'000'000'000;
  std::string token;         // "": everybody may read; else the one that is right
  bool wants_token = false;  // 401 without it
  bool has_limits = false;   // refuses what is too much
  std::string version = "4.3.1";
  std::string streaming;  // the address in /api/v2/instance
  std::function<std::optional<HostReply>(const HostRequest&)> fault;  // answers instead

  // Streams: the bytes that each would be sent from now on.
  struct Stream {
    std::string tag;
    std::string bytes;
    bool is_over = false;
  };
  std::list<Stream> streams;

  std::size_t requests = 0;
  std::size_t paging_requests = 0;
  std::size_t refused = 0;
  std::size_t most_in_5min = 0;
  std::size_t most_paging_in_15min = 0;
  std::map<std::string, std::size_t> by_path;
  std::mutex mutex;  // held by Answer; a test that changes it while a server runs holds it too

 private:
  std::string MakeId(TimeMs created);
  bool Before(const std::string& a, const std::string& b) const;
  std::string Json(const HostStatus& status) const;
  std::string List(const std::vector<const HostStatus*>& statuses) const;
  HostReply TagTimeline(const HostRequest& request, const std::string& tag) const;
  HostReply Context(const std::string& id, bool is_known) const;
  std::optional<HostReply> Limit(const HostRequest& request, std::vector<std::string>& headers);
  void Send(const HostStatus& status, const std::string& event, const std::string& data);

  const std::string name_;
  const Kind kind_;
  std::vector<HostStatus> statuses_;
  std::map<std::string, std::size_t> index_;
  std::map<std::string, std::vector<std::size_t>> children_;  // by the parent's id
  std::map<std::string, std::vector<std::size_t>> tagged_;    // by hashtag, oldest id first
  std::uint64_t sequence_ = 0;
  std::deque<TimeMs> times_;
  std::deque<TimeMs> paging_times_;
};

}  // namespace latecomer::test
