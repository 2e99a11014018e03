#include "tests/ingest/nostr_test_relay.h"

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "base/json_out.h"
#include "base/sha256.h"
#include "ingest/nostr_id.h"

namespace latecomer::test {
namespace {

using namespace std::chrono_literals;

const secp256k1_context* Context() {
  static secp256k1_context* const kContext =
      secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
  return kContext;
}

void Require(int done) {
  if (done != 1) throw std::runtime_error("libsecp256k1 refuses");
}

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::vector<std::string> Strings(JsonValue array) {
  std::vector<std::string> strings;
  for (const JsonValue item : array) strings.emplace_back(item.text());
  return strings;
}

bool Holds(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

NostrAuthor::NostrAuthor(int number) {
  const Sha256Digest digest = Sha256("author " + std::to_string(number));
  secret_.assign(digest.begin(), digest.end());
  secp256k1_keypair pair;
  secp256k1_xonly_pubkey point;
  unsigned char key[32];
  Require(secp256k1_keypair_create(Context(), &pair, Bytes(secret_)));
  Require(secp256k1_keypair_xonly_pub(Context(), &point, nullptr, &pair));
  secp256k1_xonly_pubkey_serialize(Context(), key, &point);
  pubkey_ = HexOfBytes({reinterpret_cast<const char*>(key), sizeof key});
}

NostrEvent NostrAuthor::Sign(int kind, std::vector<std::vector<std::string>> tags,
                             std::string content, std::int64_t created_at) const {
  NostrEvent event;
  event.pubkey = pubkey_;
  event.kind = kind;
  event.tags = std::move(tags);
  event.content = std::move(content);
  event.created_at = created_at;
  const Sha256Digest digest = Sha256(NostrSerialised(event));
  event.id = ToHex(digest);
  secp256k1_keypair pair;
  unsigned char signature[64];
  Require(secp256k1_keypair_create(Context(), &pair, Bytes(secret_)));
  static_cast<void>(
      secp256k1_schnorrsig_sign32(Context(), signature, digest.data(), &pair, nullptr));
  event.sig = HexOfBytes({reinterpret_cast<const char*>(signature), sizeof signature});
  return event;
}

std::string NostrEventJson(const NostrEvent& event) {
  std::string tags = "[";
  for (const auto& tag : event.tags) {
    tags += tags.size() > 1 ? ",[" : "[";
    for (std::size_t i = 0; i < tag.size(); ++i) {
      if (i > 0) tags += ',';
      AppendJsonString(tags, tag[i]);
    }
    tags += ']';
  }
  tags += ']';
  std::string out;
  JsonObject(out)
      .String("id", event.id)
      .String("pubkey", event.pubkey)
      .Int("created_at", event.created_at)
      .Int("kind", event.kind)
      .Raw("tags", tags)
      .String("content", event.content)
      .String("sig", event.sig)
      .Close();
  return out;
}

NostrFilter ReadFilter(JsonValue json) {
  NostrFilter filter;
  filter.ids = Strings(json["ids"]);
  filter.authors = Strings(json["authors"]);
  for (const JsonValue kind : json["kinds"]) {
    filter.kinds.push_back(static_cast<int>(kind.integer().value_or(-1)));
  }
  for (const JsonValue member : json) {
    if (member.key().size() == 2 && member.key()[0] == '#') {
      filter.tags[member.key()[1]] = Strings(member);
    }
  }
  filter.since = json["since"].integer();
  filter.until = json["until"].integer();
  if (const auto limit = json["limit"].integer()) filter.limit = static_cast<int>(*limit);
  return filter;
}

bool Matches(const NostrFilter& filter, const NostrEvent& event) {
  if (!filter.ids.empty() && !Holds(filter.ids, event.id)) return false;
  if (!filter.authors.empty() && !Holds(filter.authors, event.pubkey)) return false;
  if (!filter.kinds.empty() &&
      std::find(filter.kinds.begin(), filter.kinds.end(), event.kind) == filter.kinds.end()) {
    return false;
  }
  for (const auto& [letter, values] : filter.tags) {
    const bool any = std::any_of(event.tags.begin(), event.tags.end(), [&](const auto& tag) {
      return tag[0] == std::string(1, letter) && tag.size() > 1 && Holds(values, tag[1]);
    });
    if (!any) return false;
  }
  return event.created_at >= filter.since.value_or(INT64_MIN) &&
         event.created_at <= filter.until.value_or(INT64_MAX);
}

TestRelay::TestRelay(std::size_t page_max)
    : page_max_(page_max),
      server_([this](const ServedRequest& request, Peer& peer) { Serve(request, peer); }) {}

void TestRelay::Publish(const NostrEvent& event) {
  const std::scoped_lock lock(mutex_);
  stored_.push_back(event);
  published_.push_back(event);
}

void TestRelay::Remove(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(stored_, [&id](const NostrEvent& event) { return event.id == id; });
}

bool TestRelay::IsHeard() const {
  const std::scoped_lock lock(mutex_);
  return !heard_.empty() && std::all_of(heard_.begin(), heard_.end(), [this](const auto& heard) {
    return heard.second == published_.size();
  });
}

void TestRelay::Serve(const ServedRequest& request, Peer& peer) {
  if (refuses_handshakes) {
    peer.Close();
    peer.Send(Reply(503, ""));
    return;
  }
  WebSocketPeer socket(peer, request);
  const int epoch = epoch_;
  Subscriptions subscriptions;
  std::size_t sent = 0;
  {
    const std::scoped_lock lock(mutex_);
    sent = published_.size();
  }
  for (int quiet = 0; epoch == epoch_ && quiet < 1'000'000;) {
    const std::optional<Frame> frame = socket.Next(1ms);
    if (frame && frame->opcode == Opcode::kClose) break;
    if (frame && frame->opcode == Opcode::kText) {
      if (!Answer(socket, frame->payload, subscriptions)) break;
    }
    if (!SendNew(socket, subscriptions, sent) || !peer.Wait(0ms)) break;
    const std::scoped_lock lock(mutex_);
    if (!subscriptions.empty()) heard_[request.connection] = sent;
    if (!frame && peer.IsGone()) break;
  }
  const std::scoped_lock lock(mutex_);
  heard_.erase(request.connection);
}

bool TestRelay::Answer(WebSocketPeer& socket, std::string text, Subscriptions& subscriptions) {
  const std::string request = text;
  JsonTree tree;
  if (!tree.Parse(text.data(), text.size())) return false;
  std::vector<JsonValue> items;
  for (const JsonValue item : tree.root()) items.push_back(item);
  const std::string subscription(items.at(1).text());
  if (items[0].text() == "CLOSE") {
    subscriptions.erase(subscription);
    return true;
  }
  ++requests_;
  std::string instead = on_request ? on_request(request) : "";
  if (!instead.empty()) {
    if (instead == "CUT") return false;
    if (instead == "NOTHING") return true;
    for (std::size_t at = 0; (at = instead.find("SUB")) != std::string::npos;) {
      instead.replace(at, 3, subscription);
    }
    return socket.SendText(instead);
  }
  std::vector<NostrFilter> filters;
  for (std::size_t i = 2; i < items.size(); ++i) filters.push_back(ReadFilter(items[i]));
  subscriptions[subscription] = filters;
  return SendStored(socket, subscription, filters) &&
         socket.SendText(R"(["EOSE",")" + subscription + R"("])");
}

bool TestRelay::SendStored(WebSocketPeer& socket, const std::string& subscription,
                           const std::vector<NostrFilter>& filters) {
  std::vector<NostrEvent> answer;
  std::set<std::string> given;
  const std::scoped_lock lock(mutex_);
  for (NostrFilter filter : filters) {
    if (ignores_until) filter.until.reset();
    std::vector<NostrEvent> found;
    for (const NostrEvent& event : stored_) {
      if (Matches(filter, event)) found.push_back(event);
    }
    // The newest first; of a second, by id.
    std::sort(found.begin(), found.end(), [](const NostrEvent& a, const NostrEvent& b) {
      return a.created_at != b.created_at ? a.created_at > b.created_at : a.id < b.id;
    });
    const auto limit = static_cast<std::size_t>(filter.limit.value_or(static_cast<int>(page_max_)));
    found.resize(std::min({found.size(), page_max_, limit}));
    for (NostrEvent& event : found) {
      if (given.insert(event.id).second) answer.push_back(std::move(event));
    }
  }
  for (const NostrEvent& event : answer) {
    if (!socket.SendText(R"(["EVENT",")" + subscription + "\"," + NostrEventJson(event) + "]")) {
      return false;
    }
  }
  return true;
}

bool TestRelay::SendNew(WebSocketPeer& socket, const Subscriptions& subscriptions,
                        std::size_t& sent) {
  std::vector<NostrEvent> fresh;
  {
    const std::scoped_lock lock(mutex_);
    fresh.assign(published_.begin() + static_cast<std::ptrdiff_t>(sent), published_.end());
    sent = published_.size();
  }
  for (const NostrEvent& event : fresh) {
    for (const auto& [name, filters] : subscriptions) {
      const bool wanted = std::any_of(filters.begin(), filters.end(), [&](NostrFilter filter) {
        if (ignores_tags_live) filter.tags.clear();
        return Matches(filter, event);
      });
      if (wanted && !socket.SendText(R"(["EVENT",")" + name + "\"," + NostrEventJson(event) + "]"))
        return false;
    }
  }
  return true;
}

}  // namespace latecomer::test
