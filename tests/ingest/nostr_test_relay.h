// A relay of Nostr in this process: NIP-01 as its text has it, with the faults that a test asks
// for; and authors who sign.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "ingest/json_tree.h"
#include "ingest/nostr_message.h"
#include "tests/ingest/http_test_server.h"
#include "tests/ingest/websocket_test_server.h"

namespace latecomer::test {

// An author, whose key is made from a number.
class NostrAuthor {
 public:
  explicit NostrAuthor(int number);
  const std::string& pubkey() const { return pubkey_; }
  // A true event.
  NostrEvent Sign(int kind, std::vector<std::vector<std::string>> tags, std::string content,
                  std::int64_t created_at) const;
  NostrEvent Note(std::vector<std::vector<std::string>> tags, std::int64_t created_at,
                  std::string content = "words") const {
    return Sign(kNostrNote, std::move(tags), std::move(content), created_at);
  }

 private:
  std::string secret_;
  std::string pubkey_;
};

std::string NostrEventJson(const NostrEvent& event);
NostrFilter ReadFilter(JsonValue json);
bool Matches(const NostrFilter& filter, const NostrEvent& event);

class TestRelay {
 public:
  explicit TestRelay(std::size_t page_max = 500);

  std::string Url() const { return "ws://" + server_.Authority() + "/"; }
  int port() const { return server_.port(); }
  void Publish(const NostrEvent& event);
  void Remove(const std::string& id);
  // Ends all connections that are open now, without a word.
  void Cut() { ++epoch_; }

  // Called for each REQ, with its text, before it is answered; what it gives is sent instead of an
  // answer, with "SUB" replaced by the subscription; "" : answer as usual.
  std::function<std::string(const std::string&)> on_request;
  std::atomic<bool> ignores_until{false};
  std::atomic<bool> ignores_tags_live{false};
  std::atomic<bool> refuses_handshakes{false};

  int requests() const { return requests_; }
  int connections() const { return server_.connections(); }
  // Connections that wait for what is new by now, and have been sent all of it.
  bool IsHeard() const;

 private:
  using Subscriptions = std::map<std::string, std::vector<NostrFilter>>;
  void Serve(const ServedRequest& request, Peer& peer);
  bool Answer(WebSocketPeer& socket, std::string text, Subscriptions& subscriptions);
  bool SendStored(WebSocketPeer& socket, const std::string& subscription,
                  const std::vector<NostrFilter>& filters);
  bool SendNew(WebSocketPeer& socket, const Subscriptions& subscriptions, std::size_t& sent);

  const std::size_t page_max_;
  mutable std::mutex mutex_;
  std::vector<NostrEvent> stored_;     // guarded by mutex_, as what follows
  std::vector<NostrEvent> published_;  // in the order in which they came
  std::map<int, std::size_t> heard_;   // by connection: how many of them were sent to it
  std::atomic<int> epoch_{0};
  std::atomic<int> requests_{0};
  TestServer server_;  // last: it uses all of the above
};

}  // namespace latecomer::test
