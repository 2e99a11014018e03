#include "ingest/wordpress_api.h"

#include <charconv>

#include "ingest/feed_discovery.h"
#include "ingest/http_check.h"

namespace latecomer {
namespace {

constexpr std::string_view kApiRelation = "https://api.w.org/";
constexpr std::size_t kAnswerBytesMax = 32U << 20U;

std::string WithSlash(std::string url) {
  if (!url.ends_with('/')) url += '/';
  return url;
}

std::optional<std::int64_t> Number(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

bool IsPassing(const Status& status) {
  return !status && status.error().code == ErrorCode::kRetryLater;
}

}  // namespace

WpApi::WpApi(SourceHttp& http, Url base, std::string user, SecretFile* password)
    : http_(http), base_(std::move(base)), user_(std::move(user)), password_(password) {}

Result<HttpResponse> WpApi::Ask(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.body_bytes_max = kAnswerBytesMax;
  const Result<Url> parsed = ParseUrl(url);
  if (!parsed) return parsed.error();
  if (password_ != nullptr && parsed->HasOriginOf(base_)) {
    Result<Secret> secret = password_->Get();
    if (!secret) return secret.error();
    request.auth = HttpAuth::Basic(user_, std::move(*secret));
  }
  return http_.Fetch(std::move(request));
}

Status WpApi::Open() {
  std::vector<std::string> roots;
  const Result<HttpResponse> page = Ask(base_.text);
  if (!page && page.error().code != ErrorCode::kInvalid) return page.error();
  if (page) {
    if (Status status = CheckStatus(*page); IsPassing(status)) return status;
    const Result<Url> at = ParseUrl(page->url);
    const Url& from = at ? *at : base_;
    for (const std::string& told : {LinkOf(page->headers.Joined("link"), kApiRelation),
                                    LinkOfPage(page->body, kApiRelation)}) {
      if (told.empty()) continue;
      if (const Result<Url> root = ResolveUrl(from, told)) roots.push_back(root->text);
    }
    // The blog may have moved, and says where by a redirect.
    if (ExpectJson(*page)) roots.push_back(from.text);
    if (!at || !at->HasOriginOf(base_)) roots.push_back(WithSlash(from.text) + "wp-json/");
  }
  roots.push_back(WithSlash(base_.text) + "wp-json/");
  roots.push_back(WithSlash(base_.text) + "?rest_route=/");
  Status last;
  std::set<std::string> tried;
  for (const std::string& root : roots) {
    if (!tried.insert(root).second) continue;
    last = TryRoot(root);
    if (last || IsPassing(last)) return last;
  }
  return NotFound(last.error().message);
}

Status WpApi::TryRoot(const std::string& url) {
  Result<Url> root = ParseUrl(url);
  if (!root) return root.error();
  const Result<HttpResponse> answer =
      Ask(WithQuery(root->text, {{"_fields", "home,url,namespaces"}}));
  if (!answer) return answer.error();
  if (Status status = CheckStatus(*answer); !status) return status;
  if (Status json = ExpectJson(*answer); !json) return json;
  std::string body = answer->body;
  Result<WpSite> site = ReadWpSite(body);
  if (!site) return Invalid(LoggableUrl(url) + ": " + site.error().message);
  if (!site->has_posts) return NotFound(LoggableUrl(url) + " does not give posts");
  root_ = std::move(*root);
  site_ = std::move(*site);
  return {};
}

Result<WpAnswer> WpApi::Get(const std::string& path, const WpParameters& parameters,
                            std::string* code) {
  // Without pretty addresses the root is an argument, which the path continues.
  Result<HttpResponse> answer = Ask(WithQuery(root_.text + "wp/v2/" + path, parameters));
  if (!answer) return answer.error();
  const bool is_json = static_cast<bool>(ExpectJson(*answer));
  if (code != nullptr) *code = is_json && !answer->IsOk() ? ReadWpErrorCode(answer->body) : "";
  if (Status status = CheckStatus(*answer); !status) return status.error();
  WpAnswer got;
  got.total = Number(answer->headers.Get("x-wp-total"));
  // Warnings of PHP before the JSON are the answer to these items only; a page for people is none.
  if (!is_json && !got.total) {
    return RetryLater(LoggableUrl(answer->url) + " answers with something else than JSON");
  }
  got.body = std::move(answer->body);
  return got;
}

}  // namespace latecomer
