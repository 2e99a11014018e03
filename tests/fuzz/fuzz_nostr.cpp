// What a relay of Nostr sends: it is read or refused; an event that is read becomes a post whose
// content is safe already, stands in a place of ids that are ids, and is written as it was hashed.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ingest/nostr_event.h"
#include "ingest/nostr_id.h"
#include "ingest/nostr_message.h"
#include "ingest/nostr_note.h"
#include "model/html.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void RequireId(const std::string& id) { Require(id.empty() || latecomer::IsNostrHex(id)); }

void Check(const latecomer::NostrEvent& event) {
  Require(latecomer::IsNostrHex(event.id) && latecomer::IsNostrHex(event.pubkey));
  static_cast<void>(latecomer::CheckNostrEvent(event));
  const latecomer::NostrPlace place = latecomer::PlaceOf(event);
  for (const std::string* id : {&place.root, &place.parent, &place.quoted, &place.reposted}) {
    RequireId(*id);
  }
  Require(place.root.empty() || !place.parent.empty());
  for (const std::string& id : latecomer::DeletedBy(event)) RequireId(id);
  static_cast<void>(latecomer::HashtagsOf(event));
  const latecomer::Post post =
      latecomer::MakeNostrPost(event, place, nullptr, "relay.example", 1'700'000'000'000);
  Require(latecomer::SanitiseHtml(post.content) == post.content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string text(bytes);
  if (const auto message = latecomer::ReadNostrMessage(text)) {
    if (message->type == latecomer::NostrMessage::Type::kEvent) Check(message->event);
    static_cast<void>(latecomer::NostrReason(message->text));
  }
  static_cast<void>(latecomer::ReadNostrProfile(bytes));
  if (const auto entity = latecomer::ReadNostrEntity(bytes)) RequireId(entity->hex);
  // Any bytes as the text of an event.
  latecomer::NostrEvent event;
  event.id = std::string(64, '1');
  event.pubkey = std::string(64, '2');
  event.kind = size > 0 && data[0] % 2 == 0 ? 1 : 1111;
  event.content = bytes;
  std::string_view rest = bytes;
  while (!rest.empty() && event.tags.size() < 20) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const std::string_view line = rest.substr(0, end);
    event.tags.push_back({std::string(line.substr(0, 1)), std::string(line.substr(1))});
    rest.remove_prefix(end);
  }
  Check(event);
  return 0;
}
