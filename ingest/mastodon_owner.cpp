#include "ingest/mastodon_owner.h"

#include <algorithm>

namespace latecomer {

std::string HostOfUrl(std::string_view url) {
  for (std::string_view scheme : {"https://", "http://"}) {
    if (!url.starts_with(scheme)) continue;
    url.remove_prefix(scheme.size());
    std::string host(url.substr(0, url.find_first_of("/?#")));
    const std::size_t at = host.rfind('@');
    if (at != std::string::npos) host.erase(0, at + 1);
    for (char& c : host) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return host;
  }
  return {};
}

Author AuthorOfActorId(std::string_view id) {
  Author author;
  const std::string host = HostOfUrl(id);
  if (host.empty()) return author;
  author.id = id;
  std::string_view name = id.substr(id.rfind('/') + 1);
  if (name.starts_with('@')) name.remove_prefix(1);
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
  // Numbers are internal (newer Mastodon: /ap/users/1234), not what people are called.
  const bool number =
      std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (plain && !number) author.preferred_username = std::string(name) + "@" + host;
  return author;
}

Author MastodonOwner(JsonValue actor) {
  Author author = AuthorOfActorId(actor["id"].text());
  if (author.id.empty()) return author;
  const std::string_view name = actor["preferredUsername"].text();
  if (!name.empty()) author.preferred_username = std::string(name) + "@" + HostOfUrl(author.id);
  author.name = actor["name"].text();
  author.url = actor["url"].text();
  const std::string_view icon = actor["icon"]["url"].text();
  if (!HostOfUrl(icon).empty()) author.icon = icon;
  return author;
}

}  // namespace latecomer
