// X's API v2 as a source asks it: with its token, within its limits, with its errors understood.
// Each call may wait, in the source's time. Errors:
//   kRetryLater  the network or X is away; or a limit wants a longer wait than the call's patience
//                (then HasToWait()); or the cap of posts a month is used up (then IsCapped())
//   kInvalid     X does not take what was asked
//   kFatal       no permission: the token, or the account's access
// X's limits are taken from the headers of its answers, each endpoint by itself; search/all
// besides is asked at most once a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/http_secret.h"
#include "ingest/http_source.h"
#include "ingest/source.h"
#include "ingest/url.h"
#include "ingest/x_api_answer.h"

namespace latecomer {

struct XApiSettings {
  Url base;                // "https://api.x.com"
  std::string token_file;  // of a bearer token
  bool all = false;        // full-archive search instead of that of the last days
  // Three heartbeats, of which there is one every 20 s.
  std::chrono::milliseconds silence_max{65'000};
};

struct XSearch {
  std::string query;
  std::optional<TimeMs> start;  // posts from then on
  std::optional<TimeMs> end;    // and before then
  std::string next_token;
};

// How long a call may wait for a limit, and how much of the limit it may use up.
struct XPatience {
  std::chrono::milliseconds wait_max{0};
  double share = 1.0;
};

class XApi {
 public:
  // All must outlive it.
  XApi(SourceContext& context, XApiSettings settings, XEdits* edits);

  // A page, newest first.
  Result<XAnswer> Search(const XSearch& search, const XPatience& patience);
  // Posts by id, kIdsMax at most.
  Result<XAnswer> Lookup(const std::vector<std::string>& ids, const XPatience& patience);
  // How many posts of the last week match: costs nothing of the month's cap.
  Result<std::int64_t> Count(const std::string& query);

  // All rules of the app, whoever has made them.
  Result<std::vector<XRule>> Rules();
  // What became of each is in the answer's problems.
  Result<XAnswer> AddRules(const std::vector<XRule>& rules);
  Result<XAnswer> DeleteRules(const std::vector<XRule>& rules);

  Result<std::unique_ptr<HttpStream>> OpenStream();
  Result<XAnswer> ReadLine(std::string& line) { return reader_.Read(line, context_.Now()); }

  bool HasToWait() const { return has_to_wait_; }
  bool IsCapped() const { return is_capped_; }
  // X's time, as its last answer has told; nothing before the first one.
  std::optional<TimeMs> ServerNow() const;
  // What is left of the limit that the last answer was about, for a person; "" if it did not say.
  const std::string& LimitText() const { return limit_text_; }

  bool all() const { return settings_.all; }
  const Url& base() const { return settings_.base; }

  static constexpr std::size_t kIdsMax = 100;
  static constexpr std::chrono::hours kCappedWait{6};
  // Requests that name it count against the ceiling of requests a day.
  static constexpr char kDayKey[] = "day";

 private:
  Result<HttpRequest> Request(const std::string& path, const char* limit) const;
  // An answer with a body of JSON, with status 2xx or as a problem that is told in `errors`.
  Result<HttpResponse> Ask(HttpRequest request, const XPatience& patience);
  Error Refused(HttpResponse& response);
  Result<XAnswer> AskForPosts(HttpRequest request, const XPatience& patience);
  Result<XAnswer> ChangeRules(std::string body);
  void Learn(const HttpResponse& response);

  SourceContext& context_;
  const XApiSettings settings_;
  SourceHttp http_;
  mutable SecretFile token_;
  XAnswerReader reader_;
  std::optional<std::int64_t> clock_ahead_ms_;  // X's clock before ours
  std::string limit_text_;
  bool has_to_wait_ = false;
  bool is_capped_ = false;
};

}  // namespace latecomer
