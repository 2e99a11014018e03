#include "tests/ingest/jetstream_server.h"

#include <cstdio>

#include "tests/ingest/websocket_test_server.h"

namespace latecomer::test {
namespace {

constexpr char kV2Path[] = "/xrpc/network.bsky.jetstream.subscribeEvents";

std::string TimeText(std::int64_t us) {
  std::string text = FormatTime(us / 1'000);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%03d", static_cast<int>(us % 1'000));
  return text.insert(text.size() - 1, digits);
}

}  // namespace

JetstreamServer::JetstreamServer()
    : server_([this](const ServedRequest& request, Peer& peer) { Serve(request, peer); }) {}

void JetstreamServer::Add(Event event) {
  const std::scoped_lock lock(mutex_);
  events_.push_back(std::move(event));
}

void JetstreamServer::With(const std::function<void()>& change) {
  const std::scoped_lock lock(mutex_);
  change();
}

std::vector<std::string> JetstreamServer::targets() const {
  const std::scoped_lock lock(mutex_);
  return targets_;
}

std::string JetstreamServer::Message(const Event& event, bool v2) const {
  const std::int64_t time_us = event.time_us + skew_us;
  if (event.operation == "account") {
    const std::string account = R"({"active":false,"did":")" + event.did +
                                R"(","seq":1,"status":")" + event.status + R"(","time":"x"})";
    if (v2) {
      return R"({"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#account","seq":1,"did":")" +
             event.did + R"(","time":")" + TimeText(time_us) + R"(","account":)" + account + "}}";
    }
    return R"({"did":")" + event.did + R"(","time_us":)" + std::to_string(time_us) +
           R"(,"kind":"account","account":)" + account + "}";
  }
  std::string commit = R"("rev":")" + event.rev + R"(","operation":")" + event.operation +
                       R"(","collection":"app.bsky.feed.post","rkey":")" + event.rkey + "\"";
  if (event.operation != "delete") {
    commit += R"(,"cid":")" + event.cid + R"(","record":)" + event.record;
  }
  if (v2) {
    return R"({"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#commit","seq":7,"did":")" +
           event.did + R"(","time":")" + TimeText(time_us) + R"(","witnessedAt":")" +
           TimeText(time_us) + "\"," + commit + "}}";
  }
  return R"({"did":")" + event.did + R"(","time_us":)" + std::to_string(time_us) +
         R"(,"kind":"commit","commit":{)" + commit + "}}";
}

void JetstreamServer::Serve(const ServedRequest& request, Peer& peer) {
  const bool v2 = request.target.starts_with(kV2Path);
  std::unique_lock lock(mutex_);
  targets_.push_back(request.target);
  if (is_down) return peer.Close();
  if (v2 ? !speaks_v2 : !speaks_v1) {
    peer.Send(Reply(404, "404 page not found"));
    return;
  }
  ++accepted_;
  const Ending how = ending();
  std::int64_t from = now * 1'000;
  const std::size_t at = request.target.find("cursor=");
  if (at != std::string::npos) from = std::stoll(request.target.substr(at + 7));
  const std::int64_t floor = now * 1'000 - keeps_us;
  std::vector<std::string> messages = first;
  if (from < floor) {
    from = floor;
    if (v2) {
      messages.push_back(
          R"({"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#info","name":"OutdatedCursor","message":"x"}})");
    }
  }
  std::size_t next = 0;
  for (; next < events_.size(); ++next) {
    if (events_[next].time_us > now * 1'000) break;
    if (events_[next].time_us + skew_us >= from) messages.push_back(Message(events_[next], v2));
  }
  lock.unlock();
  WebSocketPeer socket(peer, request);
  for (const std::string& message : messages) {
    if (!socket.SendText(message)) return;
  }
  if (how == Ending::kMidFrame) peer.Send(TextFrame(std::string(500, 'x')).substr(0, 100));
  if (how == Ending::kClose) peer.Send(CloseFrame(1000));
  if (how != Ending::kStays) return;
  // Live: what is added later.
  for (;;) {
    lock.lock();
    std::vector<std::string> more;
    for (; next < events_.size() && events_[next].time_us <= now * 1'000; ++next) {
      more.push_back(Message(events_[next], v2));
    }
    lock.unlock();
    for (const std::string& message : more) {
      if (!socket.SendText(message)) return;
    }
    if (!peer.Wait(std::chrono::milliseconds(20)) ||
        peer.AwaitClosed(std::chrono::milliseconds(0))) {
      return;
    }
  }
}

}  // namespace latecomer::test
