#include "ingest/bluesky_api.h"

#include "base/json_out.h"
#include "ingest/bluesky_json.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kRequestsMax = 3'000;  // in kRequestsPer, an address
constexpr milliseconds kRequestsPer = std::chrono::minutes(5);
constexpr std::uint32_t kSessionsMax = 30;  // in kRequestsPer, an account
constexpr std::uint32_t kSessionsADay = 300;
constexpr std::size_t kPageBytesMax = 8U << 20U;
constexpr std::size_t kThreadBytesMax = 48U << 20U;
constexpr milliseconds kWaitMax = std::chrono::minutes(10);
constexpr milliseconds kPatientWaitMax{10'000};
constexpr double kPatientShare = 0.5;
constexpr milliseconds kThreadDeadline = std::chrono::minutes(2);
constexpr char kSessionLimit[] = "session";

bool IsExpired(const XrpcAnswer& answer) {
  return answer.error == "ExpiredToken" || answer.error == "InvalidToken" || answer.status == 401;
}

Error Refused(std::string_view what, const Url& host, const XrpcAnswer& answer) {
  return Fatal(host.host + " refuses " + std::string(what) + " (" + answer.error + ")");
}

}  // namespace

BlueskyApi::BlueskyApi(XrpcClient& xrpc, Url base, BlueskyAccount account)
    : xrpc_(xrpc),
      base_(base),
      host_(std::move(base)),
      account_(std::move(account)),
      password_(account_.token_file) {}

void BlueskyApi::Start() { Tell(base_); }

void BlueskyApi::Tell(const Url& host) {
  HttpHostRules rules;
  rules.windows = {{"", kRequestsMax, kRequestsPer},
                   {kSessionLimit, kSessionsMax, kRequestsPer},
                   {kSessionLimit, kSessionsADay, std::chrono::hours(24)}};
  xrpc_.http().client().Tighten(host.Authority(), rules);
}

Status BlueskyApi::SignIn() {
  if (!has_account() || !access_.empty()) return {};
  return Create();
}

Status BlueskyApi::Create() {
  const Result<Secret> password = password_.Get();
  if (!password) return password.error();
  HttpRequest request;
  request.url = XrpcUrl(base_.text, "com.atproto.server.createSession");
  request.method = HttpMethod::kPost;
  request.content_type = "application/json";
  request.body = "{\"identifier\":";
  AppendJsonString(request.body, account_.handle);
  request.body += ",\"password\":";
  AppendJsonString(request.body, password->Reveal());
  request.body += "}";
  request.limit_keys = {kSessionLimit};
  request.wait_max = kWaitMax;
  const Result<XrpcAnswer> answer = xrpc_.Call(std::move(request));
  if (!answer) return answer.error();
  if (answer->ok()) return Take(*answer);
  if (answer->error == "AuthFactorTokenRequired") {
    return Fatal(base_.host + " wants a second factor: put an app password into `token_file`");
  }
  if (answer->status == 401) {
    return Fatal(base_.host + " does not accept `handle` with the password in `token_file`");
  }
  return Refused("a session", base_, *answer);
}

Status BlueskyApi::Refresh() {
  if (refresh_.empty()) return Create();
  HttpRequest request;
  request.url = XrpcUrl(host_.text, "com.atproto.server.refreshSession");
  request.method = HttpMethod::kPost;
  request.auth = HttpAuth::Bearer(refresh_);
  request.limit_keys = {kSessionLimit};
  request.wait_max = kWaitMax;
  const Result<XrpcAnswer> answer = xrpc_.Call(std::move(request));
  if (!answer) return answer.error();
  if (answer->ok()) return Take(*answer);
  access_ = Secret();
  refresh_ = Secret();
  return Create();
}

Status BlueskyApi::Take(const XrpcAnswer& answer) {
  const std::optional<BlueskySessionJson> session = ReadBlueskySession(answer.root);
  if (!session) return RetryLater(host_.host + " has answered with a session that is none");
  if (!session->is_active) return Fatal("the account of `handle` is not active");
  access_ = Secret(std::string(session->access));
  refresh_ = Secret(std::string(session->refresh));
  return session->pds.empty() ? Status() : MoveTo(session->pds);
}

// Sessions are made at one address for many servers; what follows is for the account's own. Never
// from TLS to none.
Status BlueskyApi::MoveTo(std::string_view pds) {
  Result<Url> url = ParseUrl(pds);
  if (!url || (base_.scheme == "https" && url->scheme != "https")) {
    return Fatal("the account's server has no usable address in its DID document");
  }
  if (url->HasOriginOf(host_)) return {};
  host_ = std::move(*url);
  Tell(host_);
  return {};
}

Result<XrpcAnswer> BlueskyApi::Ask(std::string_view nsid, const Pairs& pairs,
                                   std::size_t bytes_max) {
  HttpRequest request;
  request.url = WithQuery(XrpcUrl(host_.text, nsid), pairs);
  if (!access_.empty()) request.auth = HttpAuth::Bearer(access_);
  request.body_bytes_max = bytes_max;
  request.wait_max = urgent_ ? kWaitMax : kPatientWaitMax;
  request.deadline = kThreadDeadline;
  request.budget_share = urgent_ ? 1.0 : kPatientShare;
  return xrpc_.Call(std::move(request));
}

Result<XrpcAnswer> BlueskyApi::Get(std::string_view nsid, const Pairs& pairs,
                                   std::size_t bytes_max) {
  if (Status signed_in = SignIn(); !signed_in) return signed_in.error();
  Result<XrpcAnswer> answer = Ask(nsid, pairs, bytes_max);
  if (!answer || answer->ok() || !has_account() || !IsExpired(*answer)) return answer;
  if (Status fresh = Refresh(); !fresh) return fresh.error();
  answer = Ask(nsid, pairs, bytes_max);
  if (answer && !answer->ok() && IsExpired(*answer)) {
    return Refused("the session that it has just given", host_, *answer);
  }
  return answer;
}

Result<XrpcAnswer> BlueskyApi::SearchPosts(const Search& search) {
  Pairs pairs{{"q", search.query}, {"sort", "latest"}, {"limit", std::to_string(kPageMax)}};
  if (search.since) pairs.emplace_back("since", FormatTime(*search.since));
  if (search.until) pairs.emplace_back("until", FormatTime(*search.until));
  if (!search.cursor.empty()) pairs.emplace_back("cursor", search.cursor);
  Result<XrpcAnswer> answer = Get("app.bsky.feed.searchPosts", pairs, kPageBytesMax);
  if (!answer || answer->ok()) return answer;
  if ((answer->status == 401 || answer->status == 403) && !has_account()) {
    return Fatal(host_.host +
                 " does not search for everybody: set `handle`, and `token_file` with " +
                 "an app password of that account");
  }
  if (answer->status == 401 || answer->status == 403) {
    return Refused("a search", host_, *answer);
  }
  return RetryLater(host_.host + " has refused a search (" + answer->error + ")");
}

Result<XrpcAnswer> BlueskyApi::PostThread(const std::string& uri, int depth, bool with_parents) {
  return Get("app.bsky.feed.getPostThread",
             {{"uri", uri},
              {"depth", std::to_string(depth)},
              {"parentHeight", with_parents ? "1000" : "0"}},
             kThreadBytesMax);
}

Result<XrpcAnswer> BlueskyApi::Profiles(const std::vector<std::string>& dids) {
  Pairs pairs;
  for (const std::string& did : dids) pairs.emplace_back("actors", did);
  return Get("app.bsky.actor.getProfiles", pairs, kPageBytesMax);
}

}  // namespace latecomer
