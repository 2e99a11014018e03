// What is asked and what is answered over HTTP, as values.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/http_secret.h"

namespace latecomer {

struct HttpHeader {
  std::string name;
  std::string value;
  bool operator==(const HttpHeader&) const = default;
};

// The headers of a response, in their order; names in lower case.
class HttpHeaders {
 public:
  void Add(std::string name, std::string value) {
    list_.push_back({std::move(name), std::move(value)});
  }
  void Clear() { list_.clear(); }
  // The value of the first header of that name (in lower case); "" where there is none.
  const std::string& Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  // The values of all headers of that name, joined as RFC 9110 section 5.3 says.
  std::string Joined(std::string_view name) const;
  const std::vector<HttpHeader>& list() const { return list_; }

 private:
  std::vector<HttpHeader> list_;
};

enum class HttpMethod { kGet, kPost };

// Who asks. Sent to the origin of the request's URL only: a redirect elsewhere drops it.
struct HttpAuth {
  enum class Kind { kNone, kBearer, kBasic };
  Kind kind = Kind::kNone;
  std::string user;  // of kBasic, without a colon
  Secret secret;

  static HttpAuth Bearer(Secret token) { return {Kind::kBearer, "", std::move(token)}; }
  static HttpAuth Basic(std::string user, Secret password) {
    return {Kind::kBasic, std::move(user), std::move(password)};
  }
};

// What requests have used: of one host, or of one source. Any thread may read it at any time.
struct HttpTally {
  std::atomic<std::uint64_t> requests{0};     // sent, redirects and retries too
  std::atomic<std::uint64_t> connections{0};  // opened for them
  std::atomic<std::uint64_t> bytes{0};        // received, as they came over the wire
  std::atomic<std::uint64_t> status_2xx{0};
  std::atomic<std::uint64_t> status_3xx{0};
  std::atomic<std::uint64_t> status_4xx{0};  // but 429
  std::atomic<std::uint64_t> status_429{0};
  std::atomic<std::uint64_t> status_5xx{0};
  std::atomic<std::uint64_t> failures{0};  // no answer, or not all of it
  std::atomic<std::uint64_t> retries{0};
  std::atomic<std::uint64_t> waits{0};  // for a limit, or because the other side had failed
  std::atomic<std::uint64_t> wait_ms{0};
};

struct HttpRequest {
  std::string url;
  HttpMethod method = HttpMethod::kGet;
  // Besides those that the client sends by itself (User-Agent, Accept-Encoding, Host, …).
  std::vector<HttpHeader> headers;
  std::string body;          // of a POST
  std::string content_type;  // of the body: "application/json", "application/x-www-form-urlencoded"
  HttpAuth auth;
  // From an earlier response (HttpResponse::etag and last_modified), verbatim: the answer is then
  // a 304 without a body if nothing has changed.
  std::string etag;
  std::string last_modified;

  // The limits of its host that it counts against, the most specific first; each has its own state.
  // What the answer says of limits is taken to be about the first of them. Without any, about all
  // requests to the host.
  std::vector<std::string> limit_keys;
  // Of a limit's budget, how much may be used up when this is sent: with 0.5 it waits while less
  // than half of the budget is left, which stays for those that ask for all.
  double budget_share = 1.0;
  // The longest that it waits before it is sent: for a limit, or for a host that has failed. Where
  // more is needed it fails at once with kRetryLater, and `retry_after` says how much.
  std::chrono::milliseconds wait_max{60'000};
  // How often it is tried while there is no answer, or a 429 or 5xx. A POST is tried once.
  int attempts = 3;
  // From being sent to the last byte of the answer, redirects included; of each attempt.
  std::chrono::milliseconds deadline{60'000};
  std::size_t body_bytes_max = 16U << 20U;  // unpacked
  // A 429 is given as a response, whose body says why, instead of kRetryLater. It is obeyed all the
  // same: the next request that counts against its limit waits.
  bool gives_429 = false;
  // Also counted here, where it is set. Shared, since the client may still count when the caller
  // has left.
  std::shared_ptr<HttpTally> tally;
};

struct HttpResponse {
  int status = 0;
  std::string url;  // where it came from, after redirects; it may hold secrets: see LoggableUrl
  // Each redirect on the way there was permanent (301, 308): the stored address should change.
  bool moved_permanently = false;
  HttpHeaders headers;
  std::string body;

  bool IsOk() const { return status >= 200 && status < 300; }
  bool IsNotModified() const { return status == 304; }
  // 410: it was there, and will not be again.
  bool IsGone() const { return status == 410; }
  const std::string& etag() const { return headers.Get("etag"); }
  const std::string& last_modified() const { return headers.Get("last-modified"); }
  // The type of the body, in lower case and without parameters: "application/json".
  std::string ContentType() const;
};

}  // namespace latecomer
