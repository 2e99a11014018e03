#include "ingest/nostr_event.h"

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>

#include <memory>
#include <optional>

#include "base/sha256.h"
#include "ingest/nostr_id.h"

namespace latecomer {
namespace {

enum class Controls { kVerbatim, kEscaped };

void AppendString(std::string& out, std::string_view text, Controls controls) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (controls == Controls::kEscaped && static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00" + HexOfBytes(std::string_view(&c, 1));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

std::string Serialise(const NostrEvent& event, Controls controls) {
  std::string out = "[0,";
  AppendString(out, event.pubkey, controls);
  out += ',' + std::to_string(event.created_at) + ',' + std::to_string(event.kind) + ",[";
  bool first_tag = true;
  for (const std::vector<std::string>& tag : event.tags) {
    out += first_tag ? "[" : ",[";
    first_tag = false;
    bool first = true;
    for (const std::string& value : tag) {
      if (!first) out += ',';
      first = false;
      AppendString(out, value, controls);
    }
    out += ']';
  }
  out += "],";
  AppendString(out, event.content, controls);
  return out + ']';
}

struct ContextFree {
  void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
};

// Only read once it is made: any thread may use it.
const secp256k1_context* Context() {
  static const std::unique_ptr<secp256k1_context, ContextFree> kContext(
      secp256k1_context_create(SECP256K1_CONTEXT_VERIFY));
  return kContext.get();
}

const unsigned char* Bytes(const std::string& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

bool IsSigned(const NostrEvent& event) {
  const std::optional<std::string> id = BytesOfHex(event.id);
  const std::optional<std::string> key = BytesOfHex(event.pubkey);
  const std::optional<std::string> signature = BytesOfHex(event.sig);
  if (!id || !key || !signature || id->size() != 32 || key->size() != 32 ||
      signature->size() != 64) {
    return false;
  }
  secp256k1_xonly_pubkey point;
  return secp256k1_xonly_pubkey_parse(Context(), &point, Bytes(*key)) == 1 &&
         secp256k1_schnorrsig_verify(Context(), Bytes(*signature), Bytes(*id), 32, &point) == 1;
}

}  // namespace

std::string_view NostrEvent::TagValue(std::string_view name) const {
  for (const std::vector<std::string>& tag : tags) {
    if (tag[0] == name) return tag.size() > 1 ? std::string_view(tag[1]) : std::string_view();
  }
  return "";
}

std::string NostrSerialised(const NostrEvent& event) {
  return Serialise(event, Controls::kVerbatim);
}

NostrTruth CheckNostrEvent(const NostrEvent& event) {
  if (Sha256Hex(NostrSerialised(event)) != event.id &&
      Sha256Hex(Serialise(event, Controls::kEscaped)) != event.id) {
    return NostrTruth::kWrongId;
  }
  return IsSigned(event) ? NostrTruth::kTrue : NostrTruth::kWrongSignature;
}

}  // namespace latecomer
