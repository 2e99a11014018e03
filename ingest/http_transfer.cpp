#include "ingest/http_transfer.h"

#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <new>

namespace latecomer {
namespace {

constexpr std::size_t kHeaderBytesMax = 64U << 10U;    // of one answer, with those before it (1xx)
constexpr std::size_t kUnwantedBytesMax = 64U << 10U;  // read to keep the connection, then cut
constexpr std::size_t kReasonBytesMax = 160;

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool IsFieldValue(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

bool IsSame(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// What another host than the one that was meant may learn: nothing that could be a secret.
bool MayLeaveOrigin(std::string_view name) {
  return IsSame(name, "accept") || IsSame(name, "accept-language");
}

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace

Status CheckHttpRequest(const HttpRequest& request) {
  for (const HttpHeader& header : request.headers) {
    if (!IsToken(header.name) || !IsFieldValue(header.value)) {
      return Invalid("a header that cannot be sent: " + LoggableUrl(header.name));
    }
    for (const char* name : {"authorization", "connection", "content-length", "cookie", "host",
                             "accept-encoding", "transfer-encoding", "upgrade", "user-agent"}) {
      if (IsSame(header.name, name))
        return Invalid("a header that the client sets: " + header.name);
    }
  }
  for (const std::string* value : {&request.content_type, &request.etag, &request.last_modified}) {
    if (!IsFieldValue(*value)) return Invalid("a header's value that cannot be sent");
  }
  const HttpAuth& auth = request.auth;
  if (auth.kind == HttpAuth::Kind::kNone) return {};
  if (!IsFieldValue(auth.secret.Reveal()) || auth.secret.empty()) {
    return Invalid("a secret that cannot be sent: it is empty or has control characters");
  }
  if (!IsFieldValue(auth.user) || auth.user.find(':') != std::string::npos) {
    return Invalid("a user name that cannot be sent");
  }
  return {};
}

HttpTransfer::HttpTransfer(const HttpTransferSettings& settings, Plan plan, void* owner)
    : settings_(settings),
      plan_(std::move(plan)),
      owner_(owner),
      easy_(curl_easy_init()),
      last_bytes_(Clock::now()) {
  if (easy_ == nullptr) throw std::bad_alloc();
  SetOptions();
}

void HttpTransfer::SetOptions() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy, CURLOPT_URL, plan_.url.text.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // A resolver that hangs is left behind: a stop, and the thread of all requests, must not wait for
  // it.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  SetConnection();
  SetMethod();
  SetTimes();
  SetHeaders();
}

void HttpTransfer::SetConnection() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OnSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_PROXY, settings_.proxy.c_str());  // "" is none, ever
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!settings_.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, settings_.ca_file.c_str());
  }
  if (plan_.connect_only) {
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  } else if (plan_.pipe != nullptr) {
    // libcurl stops a whole HTTP/2 connection, with all that share it, for one that is paused.
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // all that libcurl unpacks
  }
}

void HttpTransfer::SetMethod() {
  if (plan_.request->method != HttpMethod::kPost) return;
  CURL* easy = easy_.get();
  const std::string& body = plan_.request->body;
  // On a connection that turns out to be dead libcurl would send it again by itself.
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
}

void HttpTransfer::SetTimes() {
  CURL* easy = easy_.get();
  const auto millis = [](std::chrono::milliseconds time) {
    return static_cast<long>(std::clamp<std::int64_t>(time.count(), 1, 86'400'000));
  };
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, millis(settings_.connect_timeout));
  if (plan_.pipe != nullptr) return;  // its owner looks at the time
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, millis(plan_.deadline));
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, settings_.slow_bytes);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings_.slow_time.count()));
}

void HttpTransfer::SetHeaders() {
  CURL* easy = easy_.get();
  const HttpRequest& request = *plan_.request;
  curl_easy_setopt(easy, CURLOPT_USERAGENT, settings_.user_agent.c_str());
  for (const HttpHeader& header : request.headers) {
    if (!plan_.with_credentials && !MayLeaveOrigin(header.name)) continue;
    // libcurl drops a header without a value unless it ends with a semicolon.
    AddHeader(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  if (!request.etag.empty()) AddHeader("If-None-Match: " + request.etag);
  if (!request.last_modified.empty()) AddHeader("If-Modified-Since: " + request.last_modified);
  if (request.method == HttpMethod::kPost) {
    AddHeader(request.content_type.empty() ? "Content-Type:"
                                           : "Content-Type: " + request.content_type);
    AddHeader("Expect:");
  }
  if (plan_.with_credentials && request.auth.kind == HttpAuth::Kind::kBearer) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, request.auth.secret.Reveal().c_str());
  }
  if (plan_.with_credentials && request.auth.kind == HttpAuth::Kind::kBasic) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(easy, CURLOPT_USERNAME, request.auth.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, request.auth.secret.Reveal().c_str());
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, header_list_.get());
}

void HttpTransfer::AddHeader(const std::string& line) {
  curl_slist* longer = curl_slist_append(header_list_.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(header_list_.release());
  header_list_.reset(longer);
}

curl_socket_t HttpTransfer::OnSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto* transfer = static_cast<HttpTransfer*>(self);
  // To a proxy that the settings name, always.
  if (transfer->settings_.proxy.empty() &&
      !transfer->settings_.addresses.Allows(transfer->plan_.url.host, &address->addr)) {
    transfer->forbidden_ = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t HttpTransfer::OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<HttpTransfer*>(self);
  const std::size_t bytes = size * count;
  return transfer->TakeHeader({data, bytes}) ? bytes : 0;
}

bool HttpTransfer::TakeHeader(std::string_view line) {
  last_bytes_ = Clock::now();
  header_bytes_ += line.size();
  if (header_bytes_ > kHeaderBytesMax) {
    cut_ = Cut::kHeaders;
    return false;
  }
  if (line.starts_with("HTTP/")) {
    headers_.Clear();
    const std::size_t blank = std::min(line.find(' '), line.size() - 1);
    status_ = 0;
    std::from_chars(line.data() + blank + 1, line.data() + line.size(), status_);
    return true;
  }
  line = Trim(line);
  if (line.empty()) {
    has_head_ = status_ >= 200;
    if (status_ >= 200 && plan_.heads != nullptr) plan_.heads->push_back(this);
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  std::string name(Trim(line.substr(0, colon)));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  headers_.Add(std::move(name), std::string(Trim(line.substr(colon + 1))));
  return true;
}

std::size_t HttpTransfer::OnBody(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<HttpTransfer*>(self)->TakeBody(data, size * count);
}

bool HttpTransfer::WantsBody() const {
  if (status_ == 429 && plan_.gives_429) return true;
  return status_ != 408 && status_ != 425 && status_ != 429 && status_ < 500 &&
         (status_ < 300 || status_ >= 400);
}

std::size_t HttpTransfer::TakeBody(const char* data, std::size_t size) {
  constexpr std::size_t kStop = CURL_WRITEFUNC_ERROR;
  last_bytes_ = Clock::now();
  if (!WantsBody() || (plan_.pipe != nullptr && status_ >= 300)) {
    unwanted_bytes_ += size;
    if (unwanted_bytes_ <= kUnwantedBytesMax) return size;
    cut_ = Cut::kUnwanted;
    return kStop;
  }
  if (plan_.pipe != nullptr) {
    const std::string& encoding = headers_.Get("content-encoding");
    if (!encoding.empty() && !IsSame(encoding, "identity")) {
      cut_ = Cut::kEncoded;
      return kStop;
    }
    paused_ = !plan_.pipe->Push(data, size);
    return paused_ ? CURL_WRITEFUNC_PAUSE : size;
  }
  if (size >
      plan_.request->body_bytes_max - std::min(body_.size(), plan_.request->body_bytes_max)) {
    cut_ = Cut::kBody;
    return kStop;
  }
  body_.append(data, size);
  return size;
}

std::optional<HttpTransfer::Clock::time_point> HttpTransfer::last_bytes() const {
  if (paused_) return std::nullopt;
  return last_bytes_;
}

void HttpTransfer::Resume() {
  if (!paused_) return;
  paused_ = false;
  last_bytes_ = Clock::now();
  curl_easy_pause(easy_.get(), CURLPAUSE_CONT);
}

std::string HttpTransfer::Name() const {
  return (plan_.request->method == HttpMethod::kPost ? "POST " : "GET ") +
         LoggableUrl(plan_.url.text);
}

// libcurl's words where they tell more than the code does and hold nothing of the URL.
std::string HttpTransfer::Why(CURLcode code) const {
  const bool detailed = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
                        code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CACERT_BADFILE ||
                        code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR;
  std::string why = curl_easy_strerror(code);
  if (detailed && error_text_[0] != '\0') why = error_text_.data();
  why.resize(std::min(why.size(), kReasonBytesMax));
  for (char& c : why) {
    if (c < 0x20 || c >= 0x7f) c = '?';
  }
  return why;
}

std::optional<HttpTransfer::Failure> HttpTransfer::FailureOf(CURLcode code) const {
  // Enough has come of what nobody reads.
  if (cut_ == Cut::kUnwanted) return std::nullopt;
  if (code == CURLE_OK) {
    if (has_head_ || plan_.connect_only) return std::nullopt;
    return Failure{RetryLater(Name() + ": the answer ends within its headers")};
  }
  switch (cut_) {
    case Cut::kHeaders:
      return Failure{Invalid(Name() + ": more than " + std::to_string(kHeaderBytesMax >> 10U) +
                             " kB of headers"),
                     true};
    case Cut::kBody:
      return Failure{Invalid(Name() + ": the answer has more than " +
                             std::to_string(plan_.request->body_bytes_max) + " bytes"),
                     true};
    case Cut::kEncoded:
      return Failure{Invalid(Name() + ": a stream that is compressed, unasked"), true};
    default:
      break;
  }
  if (forbidden_ && code == CURLE_COULDNT_CONNECT) {
    return Failure{Invalid(Name() + ": " + plan_.url.host +
                           " is at an address that is not public, and not among the allowed ones"),
                   true};
  }
  if (code == CURLE_SSL_CACERT_BADFILE) return Failure{Fatal(Name() + ": " + Why(code)), true};
  return Failure{RetryLater(Name() + ": " + Why(code)), code == CURLE_PEER_FAILED_VERIFICATION};
}

std::uint64_t HttpTransfer::BytesReceived() const {
  curl_off_t body = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_DOWNLOAD_T, &body);
  return static_cast<std::uint64_t>(std::max<curl_off_t>(body, 0)) + header_bytes_;
}

std::uint64_t HttpTransfer::ConnectionsOpened() const {
  long connections = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &connections);
  return static_cast<std::uint64_t>(std::max(connections, 0L));
}

}  // namespace latecomer
