// A connection to one relay of Nostr: questions about what is stored, and subscriptions to what is
// new, over one WebSocket.
//
// For one thread. Waiting for an answer takes real time; pauses are the context's.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/http_source.h"
#include "ingest/nostr_message.h"
#include "ingest/source.h"
#include "ingest/url.h"
#include "ingest/websocket.h"

namespace latecomer {

class NostrRelay {
 public:
  // Events that come by a subscription, whenever something is read. They may be anything.
  using OnEvent = std::function<void(NostrEvent)>;
  // Something that is no message: why.
  using OnReject = std::function<void(const std::string&)>;

  NostrRelay(SourceContext& context, Url url, OnEvent on_event, OnReject on_reject)
      : context_(context),
        http_(context.http(), context),
        url_(std::move(url)),
        on_event_(std::move(on_event)),
        on_reject_(std::move(on_reject)) {}

  const Url& url() const { return url_; }
  // For cursors and people: the host, with its port where it is not the usual one, and its path.
  std::string name() const;
  // Its host alone.
  const std::string& host() const { return url_.host; }

  bool is_connected() const { return socket_ != nullptr; }
  // kRetryLater with retry_after where that is known; kFatal: no permission; else it is no relay.
  Status Connect();
  void Disconnect() { socket_.reset(); }

  // What is stored and matches, up to EOSE, at most kAnswerEventsMax. Errors:
  //   kRetryLater   the connection is lost (is_connected() says so), a stop, or the relay wants to
  //                 be asked less; `retry_after` says when it may be asked again
  //   kFatal        the relay wants a login, or payment
  //   kInvalid      it does not take such questions
  Result<std::vector<NostrEvent>> Ask(const std::vector<NostrFilter>& filters);

  // Something that it sent cannot be taken: told by on_reject, so many times for a connection.
  void CountReject(const std::string& why) {
    if (rejects_left_ > 0) on_reject_(why);
    rejects_left_ = std::max(rejects_left_ - 1, 0);
  }

  // Opens a subscription, or changes the one of that name. What is stored comes by it, too.
  Status Subscribe(const std::string& name, const std::vector<NostrFilter>& filters);
  // The relay has ended this subscription since it was opened.
  bool HasEnded(const std::string& name) const { return ended_.contains(name); }

  // Hands on what has come by subscriptions; true: something. kRetryLater: the connection is lost.
  Result<bool> Poll();

  static constexpr std::size_t kAnswerEventsMax = 20'000;
  static constexpr std::chrono::milliseconds kAnswerSilenceMax{20'000};
  static constexpr std::chrono::milliseconds kAnswerMax{120'000};
  static constexpr std::chrono::milliseconds kBetweenRequests{100};

 private:
  struct Waiting {
    std::string subscription;
    std::vector<NostrEvent> events;
    bool done = false;
    std::optional<Error> error;
  };
  Status Send(const std::string& text);
  Status Lost(Error error);
  void TakeMessage(std::string& text, Waiting* waiting);
  Error Refused(std::string_view text);
  Status WaitForTurn();

  SourceContext& context_;
  SourceHttp http_;
  const Url url_;
  const OnEvent on_event_;
  const OnReject on_reject_;
  std::unique_ptr<WebSocket> socket_;
  std::set<std::string, std::less<>> ended_;
  std::uint64_t asked_ = 0;
  TimeMs next_request_ = 0;
  std::chrono::milliseconds refusal_wait_{0};  // grows while it says that it is asked too much
  int rejects_left_ = 0;
};

}  // namespace latecomer
