#include "ingest/x_api_client.h"

#include <utility>

#include "ingest/http_check.h"
#include "ingest/http_rate.h"
#include "ingest/x_api_query.h"
#include "ingest/x_api_rules_json.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr int kRefusalsMax = 4;  // 429s in a row before a call gives up
constexpr int kRulePagesMax = 20;
constexpr std::int64_t kSameClockMs = 2'000;  // Date is in whole seconds
constexpr std::chrono::milliseconds kRulesPatience{60'000};

constexpr char kSearchRecent[] = "search/recent";
constexpr char kSearchAll[] = "search/all";
constexpr char kLookup[] = "tweets";
constexpr char kCounts[] = "counts/recent";
constexpr char kRules[] = "stream/rules";
constexpr char kChangeRules[] = "stream/rules POST";
constexpr char kStream[] = "stream";

// What a post has to come with; what is not asked for is not given.
Pairs Fields() {
  return {{"tweet.fields",
           "attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,lang,"
           "note_tweet,possibly_sensitive,referenced_tweets"},
          {"expansions",
           "author_id,attachments.media_keys,referenced_tweets.id,referenced_tweets.id.author_id"},
          {"user.fields", "name,profile_image_url,username"},
          {"media.fields", "alt_text,height,preview_image_url,type,url,variants,width"}};
}

// X says more of what it did not take than its status does; what it repeats of the query is left
// out.
std::string TitlesOf(const XAnswer& answer) {
  for (const XProblem& problem : answer.problems) {
    if (!problem.title.empty()) return ": " + problem.title;
  }
  return "";
}

}  // namespace

XApi::XApi(SourceContext& context, XApiSettings settings, XEdits* edits)
    : context_(context),
      settings_(std::move(settings)),
      http_(context.http(), context),
      token_(settings_.token_file),
      reader_(edits) {
  HttpHostRules rules;
  rules.windows = {{kSearchAll, 1, 1000ms}};
  http_.client().Tighten(settings_.base.Authority(), rules);
}

Result<HttpRequest> XApi::Request(const std::string& path, const char* limit) const {
  Result<Secret> token = token_.Get();
  if (!token) return token.error();
  std::string base = settings_.base.text;
  if (base.ends_with('/')) base.pop_back();
  HttpRequest request;
  request.url = base + path;
  request.auth = HttpAuth::Bearer(std::move(*token));
  request.limit_keys = {limit, kDayKey};
  request.gives_429 = true;
  return request;
}

Result<HttpResponse> XApi::Ask(HttpRequest request, const XPatience& patience) {
  request.wait_max = patience.wait_max;
  request.budget_share = patience.share;
  has_to_wait_ = false;
  is_capped_ = false;
  for (int refusals = 0;;) {
    const std::uint64_t before = context_.counters().requests;
    Result<HttpResponse> response = http_.Fetch(request);
    if (!response) {
      has_to_wait_ = response.error().code == ErrorCode::kRetryLater &&
                     context_.counters().requests == before && !context_.stopped();
      return response;
    }
    Learn(*response);
    if (response->IsOk()) {
      if (Status json = ExpectJson(*response); !json) return RetryLater(json.error().message);
      return response;
    }
    Error refused = Refused(*response);
    if (response->status != 429 || is_capped_ || ++refusals >= kRefusalsMax) return refused;
  }
}

Error XApi::Refused(HttpResponse& response) {
  Error error = CheckStatus(response).error();
  Result<XAnswer> answer = reader_.Read(response.body, context_.Now());
  if (!answer) return error;
  if (answer->Has(XProblem::Kind::kUsageCap)) {
    is_capped_ = true;
    error.code = ErrorCode::kRetryLater;
    error.message = "the cap of posts a month of the X account is used up; raise it at X, or wait";
    error.retry_after = kCappedWait;
    return error;
  }
  error.message += TitlesOf(*answer);
  return error;
}

void XApi::Learn(const HttpResponse& response) {
  if (const std::optional<TimeMs> date = ParseHttpDate(response.headers.Get("date"))) {
    const std::int64_t ahead = *date - context_.Now();
    clock_ahead_ms_ = ahead > -kSameClockMs && ahead < kSameClockMs ? 0 : ahead;
  } else {
    clock_ahead_ms_ = clock_ahead_ms_.value_or(0);
  }
  const HttpRate rate = ReadHttpRate(response.headers, context_.Now());
  limit_text_.clear();
  if (!rate.remaining) return;
  limit_text_ = std::to_string(*rate.remaining);
  if (rate.limit) limit_text_ += " of " + std::to_string(*rate.limit);
  limit_text_ += " requests left";
  if (rate.reset_after) {
    limit_text_ += " for " + std::to_string(rate.reset_after->count() / 1000) + " s";
  }
}

std::optional<TimeMs> XApi::ServerNow() const {
  if (!clock_ahead_ms_) return std::nullopt;
  return context_.Now() + *clock_ahead_ms_;
}

Result<XAnswer> XApi::AskForPosts(HttpRequest request, const XPatience& patience) {
  Result<HttpResponse> response = Ask(std::move(request), patience);
  if (!response) return response.error();
  Result<XAnswer> answer = reader_.Read(response->body, context_.Now());
  // What is cut or garbled now may be whole the next time.
  if (!answer) return RetryLater(LoggableUrl(response->url) + ": " + answer.error().message);
  return answer;
}

Result<XAnswer> XApi::Search(const XSearch& search, const XPatience& patience) {
  const char* limit = settings_.all ? kSearchAll : kSearchRecent;
  Result<HttpRequest> request = Request("/2/tweets/" + std::string(limit), limit);
  if (!request) return request.error();
  Pairs pairs = {{"query", search.query},
                 {"max_results", settings_.all ? "500" : "100"},
                 {"sort_order", "recency"}};
  if (search.start) pairs.emplace_back("start_time", XTimeText(*search.start));
  if (search.end) pairs.emplace_back("end_time", XTimeText(*search.end));
  if (!search.next_token.empty()) pairs.emplace_back("next_token", search.next_token);
  for (auto& field : Fields()) pairs.push_back(std::move(field));
  request->url = WithQuery(std::move(request->url), pairs);
  return AskForPosts(std::move(*request), patience);
}

Result<XAnswer> XApi::Lookup(const std::vector<std::string>& ids, const XPatience& patience) {
  Result<HttpRequest> request = Request("/2/tweets", kLookup);
  if (!request) return request.error();
  std::string list;
  for (const std::string& id : ids) list += (list.empty() ? "" : ",") + id;
  Pairs pairs = {{"ids", list}};
  for (auto& field : Fields()) pairs.push_back(std::move(field));
  request->url = WithQuery(std::move(request->url), pairs);
  return AskForPosts(std::move(*request), patience);
}

Result<std::int64_t> XApi::Count(const std::string& query) {
  Result<HttpRequest> request = Request("/2/tweets/counts/recent", kCounts);
  if (!request) return request.error();
  request->url = WithQuery(std::move(request->url), {{"query", query}, {"granularity", "day"}});
  const Result<XAnswer> answer = AskForPosts(std::move(*request), {});
  if (!answer) return answer.error();
  if (!answer->total) return Invalid("counts/recent gave no total");
  return *answer->total;
}

Result<std::vector<XRule>> XApi::Rules() {
  std::vector<XRule> rules;
  std::string token;
  for (int page = 0; page < kRulePagesMax; ++page) {
    Result<HttpRequest> request = Request("/2/tweets/search/stream/rules", kRules);
    if (!request) return request.error();
    if (!token.empty()) {
      request->url = WithQuery(std::move(request->url), {{"pagination_token", token}});
    }
    Result<HttpResponse> response = Ask(std::move(*request), {kRulesPatience, 1.0});
    if (!response) return response.error();
    Result<XAnswer> answer = reader_.ReadRules(response->body);
    if (!answer) return RetryLater("the rules of X's stream: " + answer.error().message);
    for (XRule& rule : answer->rules) rules.push_back(std::move(rule));
    const std::string before = std::exchange(token, answer->next_token);
    if (token.empty() || token == before) break;
  }
  return rules;
}

Result<XAnswer> XApi::ChangeRules(std::string body) {
  Result<HttpRequest> request = Request("/2/tweets/search/stream/rules", kChangeRules);
  if (!request) return request.error();
  request->method = HttpMethod::kPost;
  request->content_type = "application/json";
  request->body = std::move(body);
  Result<HttpResponse> response = Ask(std::move(*request), {kRulesPatience, 1.0});
  if (!response) return response.error();
  Result<XAnswer> answer = reader_.ReadRules(response->body);
  if (!answer) return RetryLater("the rules of X's stream: " + answer.error().message);
  return answer;
}

Result<XAnswer> XApi::AddRules(const std::vector<XRule>& rules) {
  return ChangeRules(XAddRulesBody(rules));
}

Result<XAnswer> XApi::DeleteRules(const std::vector<XRule>& rules) {
  return ChangeRules(XDeleteRulesBody(rules));
}

Result<std::unique_ptr<HttpStream>> XApi::OpenStream() {
  Result<HttpRequest> request = Request("/2/tweets/search/stream", kStream);
  if (!request) return request.error();
  request->url = WithQuery(std::move(request->url), Fields());
  request->gives_429 = false;
  request->attempts = 1;
  request->wait_max = 0ms;
  HttpStreamSettings settings;
  settings.silence_max = settings_.silence_max;
  settings.buffer_bytes_max = 4U << 20U;
  return http_.Open(std::move(*request), settings);
}

}  // namespace latecomer
