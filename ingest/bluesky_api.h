// The calls of the Bluesky API that the sources make, at a host that answers them: the account's
// own server (PDS), which asks the AppView in its name, or an AppView that answers everybody.
//
// With an account the calls carry a session's token. It is made from handle and app password when
// the first call needs it, kept in memory only, made fresh when it has expired, and made anew where
// that is refused. Limits known from the documentation (rate limits of a PDS: 3,000 requests in 5
// minutes an address; 30 sessions in 5 minutes and 300 a day an account) are told to the client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/http_secret.h"
#include "ingest/url.h"
#include "ingest/xrpc_client.h"

namespace latecomer {

struct BlueskyAccount {
  std::string handle;      // or DID, or address of mail; "": nobody, calls are anonymous
  std::string token_file;  // holds the app password
};

// For the source's thread.
class BlueskyApi {
 public:
  // What a page of a search is asked by; `until` is exclusive.
  struct Search {
    std::string query;
    std::optional<TimeMs> since;
    std::optional<TimeMs> until;
    std::string cursor;
  };
  static constexpr int kPageMax = 100;
  static constexpr int kProfilesMax = 25;

  BlueskyApi(XrpcClient& xrpc, Url base, BlueskyAccount account);

  // Tells the client the limits of the host. Asks nobody.
  void Start();
  // Makes the session, if there is an account and none yet. kFatal: the account is refused, and
  // why.
  Status SignIn();

  // app.bsky.feed.searchPosts: `posts` and `cursor`. kFatal: not without an account here.
  Result<XrpcAnswer> SearchPosts(const Search& search);
  // app.bsky.feed.getPostThread: `thread`, or the error "NotFound".
  Result<XrpcAnswer> PostThread(const std::string& uri, int depth, bool with_parents);
  // app.bsky.actor.getProfiles: `profiles`, of those that exist.
  Result<XrpcAnswer> Profiles(const std::vector<std::string>& dids);

  bool has_account() const { return !account_.handle.empty(); }
  const Url& host() const { return host_; }  // whom the calls go to: may change by signing in
  // What is not urgent leaves half of every limit to what is, and waits for no limit: it is told
  // when to come back (kRetryLater).
  void set_urgent(bool urgent) { urgent_ = urgent; }

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  Result<XrpcAnswer> Get(std::string_view nsid, const Pairs& pairs, std::size_t bytes_max);
  Result<XrpcAnswer> Ask(std::string_view nsid, const Pairs& pairs, std::size_t bytes_max);
  Status Create();
  Status Refresh();
  Status Take(const XrpcAnswer& answer);
  Status MoveTo(std::string_view pds);
  void Tell(const Url& host);

  XrpcClient& xrpc_;
  const Url base_;
  Url host_;
  const BlueskyAccount account_;
  SecretFile password_;
  Secret access_;
  Secret refresh_;
  bool urgent_ = true;
};

}  // namespace latecomer
