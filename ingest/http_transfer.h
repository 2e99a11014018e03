// One request and its answer over one libcurl easy handle: its options, and what its callbacks
// collect. Redirects, limits and retries are its caller's (http_engine.h).
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/http_address.h"
#include "ingest/http_message.h"
#include "ingest/http_pipe.h"
#include "ingest/url.h"

namespace latecomer {

// What all requests of a client share.
struct HttpTransferSettings {
  std::string user_agent;
  std::string ca_file;
  std::string proxy;
  AddressPolicy addresses;
  std::chrono::milliseconds connect_timeout{0};
  std::chrono::seconds slow_time{0};
  long slow_bytes = 0;
};

// kInvalid: what cannot be sent as it is (a header with a line break, one that is the client's to
// set, a token with blanks).
Status CheckHttpRequest(const HttpRequest& request);

class HttpTransfer {
 public:
  using Clock = std::chrono::steady_clock;

  struct Plan {
    const HttpRequest* request = nullptr;
    Url url;
    bool with_credentials = true;  // and with all of the caller's headers
    std::chrono::milliseconds deadline{0};
    HttpPipe* pipe = nullptr;                     // where the body of a 2xx goes, for a stream
    std::vector<HttpTransfer*>* heads = nullptr;  // a stream puts itself there after its headers
    // Nothing is sent: it ends well once the connection stands, through the proxy and with TLS. Who
    // owns it then speaks by curl_easy_send and curl_easy_recv.
    bool connect_only = false;
    bool gives_429 = false;  // its body is wanted, too
  };

  // `settings` and what the plan points to must outlive it. Give `owner` to whom finds the handle.
  HttpTransfer(const HttpTransferSettings& settings, Plan plan, void* owner);
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  CURL* handle() const { return easy_.get(); }
  void* owner() const { return owner_; }

  // The answer, as far as it has come.
  int status() const { return status_; }
  const HttpHeaders& headers() const { return headers_; }
  std::string TakeBody() { return std::move(body_); }
  // Of a stream: when the last bytes came; nothing while it waits for its reader.
  std::optional<Clock::time_point> last_bytes() const;
  void Resume();

  // Why the transfer that ended with `code` has not brought a whole answer; nothing if it has. Only
  // kRetryLater may be tried again, and not even that where `final`.
  struct Failure {
    Error error;
    bool final = false;
  };
  std::optional<Failure> FailureOf(CURLcode code) const;
  std::uint64_t BytesReceived() const;
  std::uint64_t ConnectionsOpened() const;

 private:
  struct EasyFree {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct ListFree {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  enum class Cut { kNone, kHeaders, kBody, kUnwanted, kEncoded };

  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t OnSocket(void* self, curlsocktype purpose, curl_sockaddr* address);

  bool TakeHeader(std::string_view line);
  std::size_t TakeBody(const char* data, std::size_t size);
  void SetOptions();
  void SetConnection();
  void SetMethod();
  void SetTimes();
  void SetHeaders();
  void AddHeader(const std::string& line);
  // What is kept of its body: all, or (redirects, errors that are tried again) nothing.
  bool WantsBody() const;
  std::string Name() const;
  std::string Why(CURLcode code) const;

  const HttpTransferSettings& settings_;
  const Plan plan_;
  void* const owner_;
  std::unique_ptr<curl_slist, ListFree> header_list_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::unique_ptr<CURL, EasyFree> easy_;  // after what it points to

  int status_ = 0;
  bool has_head_ = false;  // its headers have come whole
  HttpHeaders headers_;
  std::size_t header_bytes_ = 0;
  std::string body_;
  std::size_t unwanted_bytes_ = 0;
  Cut cut_ = Cut::kNone;
  bool forbidden_ = false;  // an address was refused
  bool paused_ = false;
  Clock::time_point last_bytes_;
};

}  // namespace latecomer
