// Asking for a feed, conditionally, and what is remembered of it between polls.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/feed_document.h"
#include "ingest/http_source.h"

namespace latecomer {

// With what an answer can be asked for again, so that it is given only if it is another. "": not.
struct FeedValidators {
  std::string etag;
  std::string last_modified;
  bool operator==(const FeedValidators&) const = default;
};

struct FeedAnswer {
  bool is_same = false;  // 304: nothing below but the validators
  FeedDocument document;
  FeedValidators validators;
  std::string url;         // where it came from
  bool has_moved = false;  // for good: it should be asked for at `url` from now on
  // It is an HTML page: the feeds that it offers, absolute; then there is no document.
  std::vector<std::string> offered;
  std::optional<std::chrono::seconds> max_age;  // Cache-Control
};

// Errors as HttpClient::Fetch and CheckStatus, and kInvalid where it is neither a feed nor a page
// that offers one.
//
// Validators of an answer are given only if they are strong enough (RFC 9110, section 8.8.2.2):
// what was made less than a minute before it was asked for may become another within the same
// second, of which neither date nor ETag tells.
Result<FeedAnswer> FetchFeed(SourceHttp& http, const std::string& url,
                             const FeedValidators& validators, TimeMs now);

// Where the items before those of the document are: RFC 5005, else as WordPress has it ("paged");
// "" where nobody says. `url` is the document's.
std::string BeforeIt(const FeedDocument& document, const std::string& url);

// The Atom form of WordPress's feed of comments, which tells what answers what as RSS does not; ""
// if the address has none. And back.
std::string WithThreads(const std::string& rss);
std::string WithoutThreads(const std::string& atom);

// A short name of an id for cursors: 24 hex digits of its SHA-256.
std::string ShortId(std::string_view id);

// What is remembered of a feed: cursor `feed URL`, lines.
struct FeedState {
  TimeMs due = 0;
  std::int64_t pause_ms = 0;
  TimeMs read_until = 0;  // when it was read last; 0: never
  TimeMs full_at = 0;     // when it was asked for without validators last
  FeedValidators validators;
  std::string moved_to;
  std::string before;                         // where the history goes on; "": not begun, or done
  bool is_back = false;                       // the history has been read as far as it goes
  std::set<std::string, std::less<>> newest;  // ShortId of the items of the newest document

  static std::optional<FeedState> Parse(std::string_view text);
  std::string Format() const;
};

}  // namespace latecomer
