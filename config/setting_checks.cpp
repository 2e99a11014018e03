#include "config/setting_checks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <iterator>

namespace latecomer {
namespace {

constexpr std::size_t kSocketPathBytesMax = 107;   // sun_path less its NUL
constexpr std::size_t kTopicPrefixBytesMax = 200;  // Kafka's names have at most 249
constexpr std::size_t kSourceNameBytesMax = 100;
constexpr std::size_t kInstanceBytesMax = 100;
constexpr std::size_t kContactBytesMax = 200;  // as the HTTP client has it

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool HasBlankOrControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F'; });
}

bool IsPort(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && text.size() <= 5 && error == std::errc() &&
         end == text.data() + text.size() && port <= 65535;
}

// A name or an IPv4 address; dotted digits must be an address.
bool IsHost(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  if (!std::all_of(text.begin(), text.end(),
                   [](char c) { return IsAlnum(c) || c == '.' || c == '-' || c == '_'; })) {
    return false;
  }
  if (text.find_first_not_of("0123456789.") != text.npos) return true;
  in_addr address{};
  return inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

bool IsBracketedIpv6(std::string_view text) {
  if (text.size() < 4 || text.front() != '[' || text.back() != ']') return false;
  in6_addr address{};
  return inet_pton(AF_INET6, std::string(text.substr(1, text.size() - 2)).c_str(), &address) == 1;
}

std::optional<std::string> CheckHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return "needs a port: HOST:PORT";
  const std::string_view host = text.substr(0, colon);
  if (!IsHost(host) && !IsBracketedIpv6(host)) {
    return "has no valid host: HOST:PORT, an IPv6 address in brackets";
  }
  if (!IsPort(text.substr(colon + 1))) return "has no valid port (0 to 65535)";
  return std::nullopt;
}

std::optional<std::string> CheckAddress(std::string_view text,
                                        std::initializer_list<std::string_view> schemes,
                                        bool with_query = false) {
  const auto scheme = std::find_if(schemes.begin(), schemes.end(),
                                   [&](std::string_view name) { return text.starts_with(name); });
  if (scheme == schemes.end()) {
    std::string wanted;
    for (const std::string_view name : schemes) {
      if (!wanted.empty()) wanted += " or ";
      wanted += name;
    }
    return "must start with " + wanted;
  }
  const std::string_view rest = text.substr(scheme->size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != authority.npos) {
    return "names a user: secrets do not stand in this file";
  }
  if (HasBlankOrControl(text) || text.find_first_of(with_query ? "#" : "?#") != text.npos) {
    return with_query ? "must be a plain address, without fragment or blanks"
                      : "must be a plain address, without query, fragment or blanks";
  }
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != authority.npos && !authority.ends_with(']');
  const std::string_view host = has_port ? authority.substr(0, colon) : authority;
  const bool non_ascii = std::any_of(host.begin(), host.end(), [](char c) { return c < 0; });
  if (!IsHost(host) && !IsBracketedIpv6(host) && !non_ascii) return "has no valid host";
  if (has_port && !IsPort(authority.substr(colon + 1))) return "has no valid port (0 to 65535)";
  return std::nullopt;
}

std::optional<std::string> CheckKafkaName(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) return "is longer than " + std::to_string(bytes_max) + " bytes";
  if (!std::all_of(text.begin(), text.end(),
                   [](char c) { return IsAlnum(c) || c == '.' || c == '-' || c == '_'; })) {
    return "may contain letters, digits, `.`, `_` and `-` only";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> CheckNotEmpty(std::string_view text) {
  if (text.empty()) return "must not be empty";
  return std::nullopt;
}

std::optional<std::string> CheckListen(std::string_view text) {
  if (text.empty()) return "must not be empty";
  if (text.find('/') == text.npos) return CheckHostPort(text);
  if (text.find("://") != text.npos) return "is HOST:PORT or the path of a socket, not an address";
  if (text.size() > kSocketPathBytesMax) {
    return "is longer than a socket's path may be (" + std::to_string(kSocketPathBytesMax) +
           " bytes)";
  }
  return std::nullopt;
}

std::optional<std::string> CheckWebAddress(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return CheckAddress(text, {"https://", "http://"});
}

std::optional<std::string> CheckSourceAddress(std::string_view text) {
  return CheckAddress(text, {"https://", "http://", "wss://", "ws://"}, true);
}

std::optional<std::string> CheckBrokers(std::string_view text) {
  if (text.empty()) return "must not be empty";
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view broker = text.substr(0, comma);
    while (broker.starts_with(' ')) broker.remove_prefix(1);
    while (broker.ends_with(' ')) broker.remove_suffix(1);
    if (auto wrong = CheckHostPort(broker)) return wrong;
    if (comma == text.npos) return std::nullopt;
    text.remove_prefix(comma + 1);
  }
}

std::optional<std::string> CheckTopicPrefix(std::string_view text) {
  return CheckKafkaName(text, kTopicPrefixBytesMax);
}

std::optional<std::string> CheckAdmin(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return CheckHostPort(text);
}

std::optional<std::string> CheckContact(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.size() > kContactBytesMax) {
    return "must have at most " + std::to_string(kContactBytesMax) + " bytes";
  }
  if (HasBlankOrControl(text) || text.find_first_of("()<>\"\\") != text.npos ||
      (text.find('@') == text.npos && text.find("://") == text.npos)) {
    return "must be a URL or an address of mail";
  }
  return std::nullopt;
}

std::optional<std::string> CheckInstance(std::string_view text) {
  return CheckKafkaName(text, kInstanceBytesMax);
}

std::optional<std::string> CheckDatabase(std::string_view text) {
  if (text.empty()) return "must not be empty";
  constexpr std::string_view kAdvice =
      "holds a password: secrets do not stand in this file; use a password file of PostgreSQL "
      "(passfile=… or ~/.pgpass)";
  const std::size_t scheme = text.find("://");
  if (scheme != text.npos) {
    if (!text.starts_with("postgresql://") && !text.starts_with("postgres://")) {
      return "must start with postgresql://";
    }
    const std::string_view authority =
        text.substr(scheme + 3, text.find_first_of("/?", scheme + 3) - scheme - 3);
    const std::size_t at = authority.rfind('@');
    if (at != authority.npos && authority.substr(0, at).find(':') != authority.npos) {
      return std::string(kAdvice);
    }
  } else if (text.find('=') == text.npos) {
    return "is neither an address (postgresql://…) nor a list of KEY=VALUE";
  }
  std::string plain;  // `password = x` counts too
  std::copy_if(text.begin(), text.end(), std::back_inserter(plain),
               [](char c) { return c != ' '; });
  if (plain.find("password=") != plain.npos) return std::string(kAdvice);
  return std::nullopt;
}

std::optional<std::string> CheckSourceName(std::string_view text) {
  if (text.empty()) return "must not be empty";
  if (text.size() > kSourceNameBytesMax) {
    return "is longer than " + std::to_string(kSourceNameBytesMax) + " bytes";
  }
  if (HasBlankOrControl(text)) return "must not contain blanks or controls";
  return std::nullopt;
}

}  // namespace latecomer
