#include "app/source_guess.h"

#include <algorithm>

#include "ingest/url.h"

namespace latecomer {
namespace {

struct KnownHost {
  std::string_view host;  // itself, and all below it
  std::string_view kind;
  std::string_view base;  // what to ask instead; empty: the kind's own
};

constexpr KnownHost kKnownHosts[] = {
    {"x.com", "x", ""},           {"twitter.com", "x", ""},
    {"bsky.app", "bluesky", ""},  {"bsky.social", "bluesky", "https://bsky.social"},
    {"yammer.com", "engage", ""}, {"engage.cloud.microsoft", "engage", ""},
};

// What the first elements of feeds look like.
constexpr std::string_view kFeedRoots[] = {"<rss", "<feed", "<rdf:RDF"};

bool IsBelow(std::string_view host, std::string_view domain) {
  if (!host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

bool IsSocket(std::string_view address) {
  return address.starts_with("wss://") || address.starts_with("ws://");
}

std::string Origin(const Url& url) {
  const bool usual =
      (url.scheme == "https" && url.port == 443) || (url.scheme == "http" && url.port == 80);
  return url.scheme + "://" + url.host + (usual ? "" : ":" + std::to_string(url.port));
}

HttpRequest Request(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.body_bytes_max = 4U << 20U;
  request.deadline = std::chrono::seconds(20);
  request.attempts = 2;
  return request;
}

bool IsFeed(const HttpResponse& response) {
  const std::string type = response.ContentType();
  if (type == "application/rss+xml" || type == "application/atom+xml" ||
      type == "application/feed+json") {
    return true;
  }
  const std::string_view begin = std::string_view(response.body).substr(0, 2'000);
  return std::any_of(std::begin(kFeedRoots), std::end(kFeedRoots),
                     [&](std::string_view root) { return begin.find(root) != begin.npos; });
}

// The site's root where the page says that WordPress answers there, as in
// Link: <https://site.example/blog/wp-json/>; rel="https://api.w.org/". Empty where it does not.
std::string WordPressRoot(const HttpResponse& response) {
  const std::string links = response.headers.Joined("link");
  const std::size_t rel = links.find("https://api.w.org/");
  if (rel == links.npos) return "";
  const std::size_t begin = links.rfind('<', rel);
  const std::size_t end = links.find('>', begin == links.npos ? 0 : begin);
  if (begin == links.npos || end == links.npos || end > rel) return "";
  std::string root = links.substr(begin + 1, end - begin - 1);
  root.resize(std::min({root.size(), root.rfind("wp-json/"), root.find('?')}));
  while (root.ends_with('/')) root.pop_back();
  return root;
}

}  // namespace

Result<GuessedSource> GuessSource(const std::string& address, HttpClient& client,
                                  std::stop_token stop) {
  if (IsSocket(address)) {
    const bool is_jetstream =
        address.find("jetstream") != address.npos || address.find("/subscribe") != address.npos;
    return GuessedSource{is_jetstream ? "jetstream" : "nostr", address};
  }
  const bool has_scheme = address.find("://") != address.npos;
  const Result<Url> url = ParseUrl(has_scheme ? address : "https://" + address);
  if (!url) return url.error();
  for (const KnownHost& known : kKnownHosts) {
    if (IsBelow(url->host, known.host)) {
      return GuessedSource{std::string(known.kind), std::string(known.base)};
    }
  }
  const Result<HttpResponse> page = client.Fetch(Request(url->text), stop);
  if (!page) return page.error();
  if (page->IsOk() && IsFeed(*page)) return GuessedSource{"feed", url->text};
  if (const std::string root = WordPressRoot(*page); page->IsOk() && ParseUrl(root)) {
    return GuessedSource{"wordpress", root};
  }
  const Result<HttpResponse> instance =
      client.Fetch(Request(Origin(*url) + "/api/v1/instance"), stop);
  const bool is_mastodon =
      instance && instance->ContentType() == "application/json" &&
      (instance->status == 401 ||
       (instance->IsOk() && instance->body.find("\"version\"") != std::string::npos));
  if (is_mastodon) return GuessedSource{"mastodon", Origin(*url)};
  const bool names_feed =
      page->IsOk() && (page->body.find("application/rss+xml") != std::string::npos ||
                       page->body.find("application/atom+xml") != std::string::npos);
  if (names_feed) return GuessedSource{"feed", url->text};
  return Invalid("what answers at " + LoggableUrl(url->text) +
                 " is of no kind that is known by its answers: name it with --kind");
}

}  // namespace latecomer
