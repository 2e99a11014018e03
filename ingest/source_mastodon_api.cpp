#include "ingest/source_mastodon_api.h"

#include <utility>

#include "ingest/http_check.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kDeadline{30'000};
constexpr std::size_t kBodyBytesMax = 64U << 20U;  // 4,096 statuses of a thread
constexpr char kPaging[] = "paging";
// Heartbeats come every 15 seconds.
constexpr milliseconds kSilenceMax{40'000};
constexpr std::size_t kStreamBytesMax = 4U << 20U;

HttpHostRules Rules() {
  HttpHostRules rules;
  rules.windows = {{kPaging, 300, 15min}, {"", 300, 5min}};
  return rules;
}

std::string InstanceOf(const Url& base) {
  const bool usual = base.port == (base.scheme == "https" ? 443 : 80);
  return usual ? base.host : base.Authority();
}

std::string StatusPath(const std::string& id) { return "api/v1/statuses/" + PercentEncode(id); }

}  // namespace

MastodonApi::MastodonApi(SourceContext& context, Url base, std::string token_file)
    : context_(context),
      http_(context.http(), context),
      base_(std::move(base)),
      token_file_(std::move(token_file)),
      secret_(token_file_),
      instance_(InstanceOf(base_)),
      reader_(instance_) {
  http_.client().Tighten(base_.Authority(), Rules());
}

Status MastodonApi::Start() {
  if (token_file_.empty()) return {};
  Result<Secret> token = secret_.Get();
  if (!token) return token.error();
  token_ = std::move(*token);
  return {};
}

HttpRequest MastodonApi::Request(const std::string& path_and_query) const {
  HttpRequest request;
  request.url = base_.scheme + "://" + base_.Authority() + "/" + path_and_query;
  request.wait_max = 0ms;
  request.attempts = 1;
  request.deadline = kDeadline;
  request.body_bytes_max = kBodyBytesMax;
  if (!token_.empty()) request.auth = HttpAuth::Bearer(token_);
  return request;
}

Result<HttpResponse> MastodonApi::Fetch(HttpRequest request) {
  const std::uint64_t before = context_.counters().requests;
  Result<HttpResponse> response = http_.Fetch(std::move(request));
  requests_ += context_.counters().requests - before;
  left_.reset();
  if (!response) {
    // Whatever is wrong with one answer (too large, a redirect to nowhere) may be right tomorrow.
    Error error = response.error();
    if (error.code != ErrorCode::kRetryLater) error = RetryLater(error.message);
    return error;
  }
  const std::string& remaining = response->headers.Get("x-ratelimit-remaining");
  if (!remaining.empty()) {
    left_ = remaining + " of " + response->headers.Get("x-ratelimit-limit");
  }
  return response;
}

Error MastodonApi::Unusable(const HttpResponse& response, const Error& why) const {
  return RetryLater(LoggableUrl(response.url) + ": " + why.message);
}

// The status as an error of the API, or the body, which is JSON.
Result<HttpResponse> MastodonApi::Ask(const std::string& path_and_query, double share,
                                      bool is_paging, bool anonymous) {
  HttpRequest request = Request(path_and_query);
  request.budget_share = share;
  if (is_paging) request.limit_keys = {kPaging};
  if (anonymous) request.auth = {};
  Result<HttpResponse> response = Fetch(std::move(request));
  if (!response) return response;
  if (response->IsOk()) {
    if (Status json = ExpectJson(*response); !json) return RetryLater(json.error().message);
    return response;
  }
  Error error{ErrorCode::kRetryLater,
              LoggableUrl(response->url) + " answered " + std::to_string(response->status)};
  // What stands before an instance (a proxy, a guard against bots) answers with pages of its own.
  if (!reader_.IsApiError(response->body)) {
    error.message += ", not from the API";
    return error;
  }
  switch (response->status) {
    case 404:
    case 410:
      error.code = ErrorCode::kNotFound;
      break;
    case 401:
    case 403:
    case 422:
      error.code = ErrorCode::kFatal;
      error.message += token_.empty() ? ": it wants a token; name its file in `token_file`"
                                      : ": it does not accept the token in `token_file`";
      break;
    default:
      break;
  }
  return error;
}

Result<MastodonInstance> MastodonApi::Instance() {
  Result<HttpResponse> response = Ask("api/v2/instance");
  if (!response && response.error().code == ErrorCode::kNotFound) {
    response = Ask("api/v1/instance");
  }
  if (!response) return response.error();
  Result<MastodonInstance> instance = reader_.ReadInstance(response->body);
  if (!instance) return Unusable(*response, instance.error());
  return instance;
}

Result<MastodonList> MastodonApi::TagPage(const std::string& tag, const std::string& min_id,
                                          const std::string& max_id, double share) {
  std::vector<std::pair<std::string, std::string>> query = {{"limit", std::to_string(kPageLimit)}};
  if (!min_id.empty()) query.emplace_back("min_id", min_id);
  if (!max_id.empty()) query.emplace_back("max_id", max_id);
  Result<HttpResponse> response =
      Ask(WithQuery("api/v1/timelines/tag/" + PercentEncode(tag), query), share, query.size() > 1);
  if (!response) {
    // A hashtag that nobody has used there.
    if (response.error().code == ErrorCode::kNotFound) return MastodonList();
    return response.error();
  }
  Result<MastodonList> list = reader_.ReadList(response->body, context_.Now());
  if (!list) return Unusable(*response, list.error());
  return list;
}

Result<MastodonApi::Context> MastodonApi::ContextOf(const std::string& id) {
  Result<HttpResponse> response = Ask(StatusPath(id) + "/context");
  if (!response) return response.error();
  Result<MastodonContext> read = reader_.ReadContext(response->body, context_.Now());
  if (!read) return Unusable(*response, read.error());
  return Context{std::move(*read),
                 ReadAsyncRefresh(response->headers.Get("mastodon-async-refresh"))};
}

Result<MastodonStatus> MastodonApi::StatusOf(const std::string& id) {
  Result<HttpResponse> response = Ask(StatusPath(id));
  if (!response) return response.error();
  Result<MastodonStatus> status = reader_.Read(response->body, context_.Now());
  if (!status) return Unusable(*response, status.error());
  if (status->id != id) return Unusable(*response, Invalid("It is another status."));
  return status;
}

Result<bool> MastodonApi::IsGone(const std::string& id) {
  Result<HttpResponse> response = Ask(StatusPath(id));
  if (response) return false;
  if (response.error().code != ErrorCode::kNotFound) return response.error();
  if (token_.empty()) return true;
  response = Ask(StatusPath(id), 1.0, false, true);
  if (response) return false;
  const ErrorCode code = response.error().code;
  // Where nothing is said without a token, what was said with it counts.
  if (code == ErrorCode::kNotFound || code == ErrorCode::kFatal) return true;
  return response.error();
}

Result<std::string> MastodonApi::AccountName() {
  Result<HttpResponse> response = Ask("api/v1/accounts/verify_credentials");
  if (!response) return response.error();
  Result<std::string> name = reader_.ReadAccountName(response->body);
  if (!name) return Unusable(*response, name.error());
  return name;
}

Result<std::unique_ptr<HttpStream>> MastodonApi::OpenTagStream(const Url& streaming,
                                                               const std::string& tag) {
  HttpRequest request = Request("");
  request.url =
      WithQuery(streaming.scheme + "://" + streaming.Authority() + "/api/v1/streaming/hashtag",
                {{"tag", tag}});
  request.headers = {{"Accept", "text/event-stream"}};
  HttpStreamSettings settings;
  settings.silence_max = kSilenceMax;
  settings.buffer_bytes_max = kStreamBytesMax;
  const std::uint64_t before = context_.counters().requests;
  auto stream = http_.Open(std::move(request), settings);
  requests_ += context_.counters().requests - before;
  if (!stream) return stream;
  if (Status type = ExpectType((*stream)->head(), "text/event-stream"); !type) {
    return RetryLater(type.error().message);
  }
  return stream;
}

std::uint64_t MastodonApi::TakeRequests() { return std::exchange(requests_, 0); }

}  // namespace latecomer
