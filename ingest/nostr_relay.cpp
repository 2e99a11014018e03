#include "ingest/nostr_relay.h"

#include <algorithm>
#include <utility>

namespace latecomer {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Got = WebSocket::Got;

constexpr milliseconds kConnectMax{15'000};
constexpr milliseconds kSilenceMax{90'000};
constexpr milliseconds kWaitSlice{500};
constexpr milliseconds kRefusalFirst{5'000};
constexpr milliseconds kRefusalMost{10 * 60'000};
constexpr std::size_t kMessageBytesMax = 2U << 20U;
constexpr int kRejectsMax = 100;  // of a connection
constexpr int kPollMessagesMax = 1'000;
constexpr char kStopped[] = "the source is stopped";

}  // namespace

std::string NostrRelay::name() const {
  const std::size_t begin = url_.text.find("://") + 3;
  std::string name = url_.text.substr(begin);
  while (name.ends_with('/')) name.pop_back();
  return LoggableUrl(name);
}

Status NostrRelay::Connect() {
  HttpRequest request;
  request.url = url_.text;
  request.wait_max = milliseconds(0);
  request.attempts = 1;
  request.deadline = kConnectMax;
  WebSocketSettings settings;
  settings.silence_max = kSilenceMax;
  settings.message_bytes_max = kMessageBytesMax;
  Result<std::unique_ptr<WebSocket>> socket = http_.OpenWebSocket(std::move(request), settings);
  if (!socket) return socket.error();
  socket_ = std::move(*socket);
  ended_.clear();
  rejects_left_ = kRejectsMax;
  return {};
}

Status NostrRelay::Lost(Error error) {
  socket_.reset();
  error.code = ErrorCode::kRetryLater;
  return error;
}

Status NostrRelay::Send(const std::string& text) {
  if (!socket_) return RetryLater(name() + ": not connected");
  if (Status sent = socket_->Send(text); !sent) return Lost(sent.error());
  return {};
}

// What is asked comes at a walk, and not at all while the relay has said that it is too much.
Status NostrRelay::WaitForTurn() {
  const TimeMs now = context_.Now();
  if (next_request_ > now) {
    const milliseconds wait(next_request_ - now);
    if (wait > kBetweenRequests) {
      Error error = RetryLater(name() + " wants to be asked less");
      error.retry_after = wait;
      return error;
    }
    if (!context_.WaitFor(wait)) return RetryLater(kStopped);
  }
  next_request_ = context_.Now() + kBetweenRequests.count();
  ++context_.counters().requests;
  return {};
}

Status NostrRelay::Subscribe(const std::string& name, const std::vector<NostrFilter>& filters) {
  if (Status turn = WaitForTurn(); !turn) return turn;
  ended_.erase(name);
  return Send(WriteNostrRequest(name, filters));
}

Result<std::vector<NostrEvent>> NostrRelay::Ask(const std::vector<NostrFilter>& filters) {
  if (Status turn = WaitForTurn(); !turn) return turn.error();
  Waiting waiting;
  waiting.subscription = "q" + std::to_string(++asked_);
  if (Status sent = Send(WriteNostrRequest(waiting.subscription, filters)); !sent) {
    return sent.error();
  }
  const Clock::time_point end = Clock::now() + kAnswerMax;
  Clock::time_point silent_until = Clock::now() + kAnswerSilenceMax;
  std::string text;
  while (!waiting.done) {
    const Result<Got> got = socket_->Read(text, kWaitSlice);
    if (!got) return Lost(got.error()).error();
    if (context_.stopped()) return RetryLater(kStopped);
    if (*got == Got::kEnd) return Lost(RetryLater(name() + " has closed")).error();
    const Clock::time_point now = Clock::now();
    if (*got == Got::kText) {
      const std::size_t before = waiting.events.size();
      TakeMessage(text, &waiting);
      if (waiting.events.size() > before) silent_until = now + kAnswerSilenceMax;
    }
    if (now > std::min(end, silent_until) && !waiting.done) {
      return Lost(RetryLater(name() + " has not answered in time")).error();
    }
    if (waiting.events.size() >= kAnswerEventsMax) break;
  }
  if (waiting.error) return *waiting.error;
  refusal_wait_ = milliseconds(0);
  if (Status closed = Send(WriteNostrClose(waiting.subscription)); !closed) return closed.error();
  return std::move(waiting.events);
}

Result<bool> NostrRelay::Poll() {
  if (!socket_) return false;
  std::string text;
  for (int i = 0; i < kPollMessagesMax; ++i) {
    const Result<Got> got = socket_->Read(text, milliseconds(0));
    if (!got) return Lost(got.error()).error();
    if (*got == Got::kEnd) return Lost(RetryLater(name() + " has closed")).error();
    if (*got == Got::kNothing) return i > 0;
    if (*got == Got::kText) TakeMessage(text, nullptr);
  }
  return true;
}

void NostrRelay::TakeMessage(std::string& text, Waiting* waiting) {
  Result<NostrMessage> message = ReadNostrMessage(text);
  if (!message) {
    return CountReject(message.error().message);
  }
  const bool answers = waiting != nullptr && message->subscription == waiting->subscription;
  switch (message->type) {
    case NostrMessage::Type::kEvent:
      if (answers) {
        waiting->events.push_back(std::move(message->event));
      } else if (!message->subscription.starts_with('q')) {
        on_event_(std::move(message->event));
      }
      break;
    case NostrMessage::Type::kEndOfStored:
      if (answers) waiting->done = true;
      break;
    case NostrMessage::Type::kClosed:
      if (answers) {
        waiting->done = true;
        waiting->error = Refused(message->text);
      } else {
        ended_.insert(message->subscription);
      }
      break;
    case NostrMessage::Type::kNotice:
      // Relays that do not know CLOSED say so by this.
      if (waiting != nullptr && NostrReason(message->text) == "rate-limited") {
        waiting->done = true;
        waiting->error = Refused(message->text);
      }
      break;
    case NostrMessage::Type::kOther:
      break;
  }
}

// What the relay has written is not shown.
Error NostrRelay::Refused(std::string_view text) {
  const std::string reason(NostrReason(text));
  if (reason == "auth-required" || reason == "restricted" || reason == "blocked") {
    return Fatal(name() + " gives nothing without a login (" + reason + ")");
  }
  if (reason == "invalid" || reason == "unsupported" || reason == "pow") {
    return Invalid(name() + " does not take the question (" + reason + ")");
  }
  refusal_wait_ = std::clamp(refusal_wait_ * 2, kRefusalFirst, kRefusalMost);
  Error error =
      RetryLater(name() + " refuses to answer" + (reason.empty() ? "" : " (" + reason + ")"));
  error.retry_after = refusal_wait_;
  next_request_ = context_.Now() + refusal_wait_.count();
  ++context_.counters().waits;
  context_.counters().wait_ms += static_cast<std::uint64_t>(refusal_wait_.count());
  return error;
}

}  // namespace latecomer
