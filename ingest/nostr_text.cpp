// The text of a note: what in it is a link.
#include <algorithm>

#include "ingest/html_out.h"
#include "ingest/nostr_id.h"
#include "ingest/nostr_note.h"

namespace latecomer {
namespace {

constexpr std::size_t kLinksMax = 500;
constexpr std::size_t kNameEnds = 8;  // characters of an entity that are shown at each end

bool EndsAddress(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '"' || c == '\x7f';
}

// Without the punctuation of the sentence that it stands in.
std::string_view Address(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), EndsAddress);
  std::string_view address = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  while (!address.empty()) {
    const char last = address.back();
    const bool opened = last == ')' && std::count(address.begin(), address.end(), '(') >=
                                           std::count(address.begin(), address.end(), ')');
    if (opened || std::string_view(".,;:!?'*)]}").find(last) == std::string_view::npos) break;
    address.remove_suffix(1);
  }
  return address;
}

std::string_view Entity(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) {
    return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
  });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// "@npub1abcdefg…tuvwxyz1"
std::string Shortened(std::string_view entity) {
  const bool person = entity.starts_with("np");
  std::string name = person ? "@" : "";
  const std::size_t head = entity.find('1') + 1 + kNameEnds;
  name += entity.substr(0, head);
  name += "\xe2\x80\xa6";
  return name.append(entity.substr(entity.size() - kNameEnds));
}

}  // namespace

std::string NostrTextToHtml(std::string_view text) {
  HtmlOut out;
  std::size_t links = 0;
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size() && links < kLinksMax;) {
    const std::size_t colon = text.find(':', at);
    if (colon == std::string_view::npos) break;
    at = colon + 1;
    const std::string_view before = text.substr(done, colon - done);
    const std::string_view after = text.substr(colon);
    std::size_t scheme = 0;
    for (const std::string_view name : {"https", "http", "nostr"}) {
      if (before.ends_with(name)) scheme = std::max(scheme, name.size());
    }
    if (scheme == 0) continue;
    const std::size_t begin = colon - scheme;
    if (text.substr(begin).starts_with("nostr:")) {
      const std::string_view entity = Entity(text.substr(colon + 1));
      if (!ReadNostrEntity(entity)) continue;
      out.Text(text.substr(done, begin - done));
      out.Link(NostrWebAddress(entity), Shortened(entity));
      done = colon + 1 + entity.size();
    } else {
      if (!after.starts_with("://")) continue;
      const std::string_view address = Address(text.substr(begin));
      if (address.size() <= scheme + 3) continue;
      out.Text(text.substr(done, begin - done));
      out.Link(address, address);
      done = begin + address.size();
    }
    at = done;
    ++links;
  }
  out.Text(text.substr(done));
  return out.Take();
}

}  // namespace latecomer
