#include "ingest/feed_fetch.h"

#include <charconv>

#include "base/sha256.h"
#include "ingest/blog.h"
#include "ingest/feed_discovery.h"
#include "ingest/http_check.h"

namespace latecomer {
namespace {

constexpr std::string_view kVersion = "v1";
constexpr std::size_t kShortIdBytes = 24;
constexpr std::size_t kNewestMax = 2'000;
constexpr TimeMs kStrongMs = 60'000;
constexpr char kAccept[] =
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, */*;q=0.5";

std::string_view NextLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

template <typename Number>
bool Read(std::string_view word, Number& to) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), to);
  return error == std::errc() && end == word.data() + word.size() && !word.empty();
}

FeedValidators ValidatorsOf(const HttpResponse& response, TimeMs now) {
  const std::optional<TimeMs> date = ParseRfc822(response.headers.Get("date"));
  const std::optional<TimeMs> modified = ParseRfc822(response.last_modified());
  if (modified && date.value_or(now) - *modified < kStrongMs) return {};
  FeedValidators validators{response.etag(), response.last_modified()};
  for (std::string* one : {&validators.etag, &validators.last_modified}) {
    if (one->find('\n') != std::string::npos) one->clear();
  }
  return validators;
}

std::optional<std::chrono::seconds> MaxAge(const HttpResponse& response) {
  const std::string stated = response.headers.Joined("cache-control");
  const std::size_t at = stated.find("max-age=");
  if (at == std::string::npos) return std::nullopt;
  std::int64_t seconds = 0;
  const char* begin = stated.data() + at + 8;
  const auto [end, error] = std::from_chars(begin, stated.data() + stated.size(), seconds);
  if (error != std::errc() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

Result<FeedAnswer> FetchFeed(SourceHttp& http, const std::string& url,
                             const FeedValidators& validators, TimeMs now) {
  HttpRequest request;
  request.url = url;
  request.headers = {{"Accept", kAccept}};
  request.etag = validators.etag;
  request.last_modified = validators.last_modified;
  Result<HttpResponse> response = http.Fetch(std::move(request));
  if (!response) return response.error();
  if (Status status = CheckStatus(*response); !status) return status.error();
  FeedAnswer answer;
  answer.url = response->url;
  answer.has_moved = response->moved_permanently;
  answer.max_age = MaxAge(*response);
  if (response->IsNotModified()) {
    answer.is_same = true;
    answer.validators = validators;
    return answer;
  }
  answer.validators = ValidatorsOf(*response, now);
  Result<Url> at = ParseUrl(response->url);
  if (!at) return at.error();
  const std::string type = response->headers.Get("content-type");
  Result<FeedDocument> document = ReadFeedDocument(response->body, type, *at, now);
  if (document) {
    answer.document = std::move(*document);
    return answer;
  }
  for (const std::string& offered : FeedsOfPage(response->body)) {
    if (Result<Url> whole = ResolveUrl(*at, offered)) answer.offered.push_back(whole->text);
  }
  if (answer.offered.empty()) return document.error();
  return answer;
}

std::string BeforeIt(const FeedDocument& document, const std::string& url) {
  if (!document.head.prev_archive.empty()) return document.head.prev_archive;
  if (!document.head.next.empty()) return document.head.next;
  if (!document.IsWordPress() || document.items.empty()) return {};
  const std::size_t query = url.find('?');
  for (const char* mark : {"?paged=", "&paged="}) {
    const std::size_t at = url.find(mark);
    if (at == std::string::npos) continue;
    const std::size_t begin = at + 7;
    const std::size_t end = std::min(url.find('&', begin), url.size());
    std::int64_t page = 0;
    if (!Read(std::string_view(url).substr(begin, end - begin), page)) return {};
    return url.substr(0, begin) + std::to_string(page + 1) + url.substr(end);
  }
  return url + (query == std::string::npos ? "?" : "&") + "paged=2";
}

std::string WithThreads(const std::string& rss) {
  if (rss.ends_with("/feed/")) return rss + "atom/";
  if (rss.ends_with("/feed")) return rss + "/atom/";
  const std::size_t at = rss.find("feed=rss2");
  if (at != std::string::npos) return rss.substr(0, at) + "feed=atom" + rss.substr(at + 9);
  return {};
}

std::string WithoutThreads(const std::string& atom) {
  if (atom.ends_with("/feed/atom/")) return atom.substr(0, atom.size() - 5);
  const std::size_t at = atom.find("feed=atom");
  if (at != std::string::npos) return atom.substr(0, at) + "feed=rss2" + atom.substr(at + 9);
  return {};
}

std::string ShortId(std::string_view id) { return Sha256Hex(id).substr(0, kShortIdBytes); }

std::optional<FeedState> FeedState::Parse(std::string_view text) {
  FeedState state;
  int is_back = 0;
  if (NextLine(text) != kVersion || !Read(NextLine(text), state.due) ||
      !Read(NextLine(text), state.pause_ms) || !Read(NextLine(text), state.read_until) ||
      !Read(NextLine(text), state.full_at)) {
    return std::nullopt;
  }
  state.validators.etag = NextLine(text);
  state.validators.last_modified = NextLine(text);
  state.moved_to = NextLine(text);
  state.before = NextLine(text);
  if (!Read(NextLine(text), is_back)) return std::nullopt;
  state.is_back = is_back != 0;
  while (!text.empty()) state.newest.emplace(NextLine(text));
  return state;
}

std::string FeedState::Format() const {
  std::string text(kVersion);
  for (const std::int64_t number : {due, pause_ms, read_until, full_at}) {
    text += "\n" + std::to_string(number);
  }
  for (const std::string* line :
       {&validators.etag, &validators.last_modified, &moved_to, &before}) {
    text += "\n" + *line;
  }
  text += is_back ? "\n1" : "\n0";
  std::size_t count = 0;
  for (const std::string& id : newest) {
    if (++count > kNewestMax) break;
    text += "\n" + id;
  }
  return text;
}

}  // namespace latecomer
