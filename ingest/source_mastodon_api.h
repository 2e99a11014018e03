// The requests of the Mastodon API that the source makes, each one answer: nothing is tried again
// here and no limit is waited for, so that a source of several instances goes on with the others.
//
// Errors, of all calls:
//   kRetryLater  no answer, too much was asked, or something else answered than the API (a page of
//                HTML, half a document); `retry_after` where it is known
//   kNotFound    the API says 404 or 410
//   kFatal       the API says 401, 403 or 422: it wants a token, or another one
// Limits that every instance of Mastodon has by default (config/initializers/rack_attack.rb there):
// 300 requests in 5 minutes, and 300 in 15 minutes of those with max_id, min_id or since_id.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "ingest/http_secret.h"
#include "ingest/http_source.h"
#include "ingest/mastodon_status_list.h"
#include "ingest/source.h"
#include "ingest/url.h"

namespace latecomer {

class MastodonApi {
 public:
  static constexpr int kPageLimit = 40;  // the most that all servers give

  // `base`: an address without a path. `token_file` may be empty. The context must outlive it.
  MastodonApi(SourceContext& context, Url base, std::string token_file);

  // Reads the token for what follows, again if its file has changed. kFatal: it cannot be read.
  Status Start();

  // The host as posts name it: without the port that its scheme has anyhow.
  const std::string& instance() const { return instance_; }
  std::string authority() const { return base_.Authority(); }
  const Url& base() const { return base_; }
  bool has_token() const { return !token_file_.empty(); }

  Result<MastodonInstance> Instance();
  // Of the newest statuses, or of the oldest with ids above `min_id`, or of the newest below
  // `max_id`; "" is none. `share`: see HttpRequest::budget_share.
  Result<MastodonList> TagPage(const std::string& tag, const std::string& min_id,
                               const std::string& max_id, double share);
  struct Context {
    MastodonContext context;
    // The instance is still fetching replies: ask again in so long.
    std::optional<std::chrono::milliseconds> again;
  };
  Result<Context> ContextOf(const std::string& id);
  Result<MastodonStatus> StatusOf(const std::string& id);
  // Whether the instance says that there is no such status, to everybody: with a token it says so
  // also of those whose authors block the reader.
  Result<bool> IsGone(const std::string& id);
  Result<std::string> AccountName();
  Result<std::unique_ptr<HttpStream>> OpenTagStream(const Url& streaming, const std::string& tag);

  // What the last answer said is left of its limit; nothing if it did not.
  const std::optional<std::string>& left() const { return left_; }
  // Requests since the last call.
  std::uint64_t TakeRequests();

 private:
  HttpRequest Request(const std::string& path_and_query) const;
  Result<HttpResponse> Fetch(HttpRequest request);
  Result<HttpResponse> Ask(const std::string& path_and_query, double share = 1.0,
                           bool is_paging = false, bool anonymous = false);
  Error Unusable(const HttpResponse& response, const Error& why) const;

  SourceContext& context_;
  SourceHttp http_;
  const Url base_;
  const std::string token_file_;
  SecretFile secret_;
  Secret token_;
  const std::string instance_;
  MastodonReader reader_;
  std::optional<std::string> left_;
  std::uint64_t requests_ = 0;
};

}  // namespace latecomer
