#include "ingest/http_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace latecomer {
namespace {

constexpr std::size_t kHostBytesMax = 253;

IpAddress FromIpv4(const in_addr& v4) {
  IpAddress address{};
  address[10] = 0xff;
  address[11] = 0xff;
  std::memcpy(&address[12], &v4, 4);
  return address;
}

// Literals of this file.
IpNetwork Network(std::string_view text) { return *ParseIpNetwork(text); }

// https://www.iana.org/assignments/iana-ipv4-special-registry
const std::vector<IpNetwork>& SpecialIpv4() {
  static const std::vector<IpNetwork> kNetworks = {
      Network("0.0.0.0/8"),       Network("10.0.0.0/8"),     Network("100.64.0.0/10"),
      Network("127.0.0.0/8"),     Network("169.254.0.0/16"), Network("172.16.0.0/12"),
      Network("192.0.0.0/24"),    Network("192.0.2.0/24"),   Network("192.31.196.0/24"),
      Network("192.52.193.0/24"), Network("192.88.99.0/24"), Network("192.168.0.0/16"),
      Network("192.175.48.0/24"), Network("198.18.0.0/15"),  Network("198.51.100.0/24"),
      Network("203.0.113.0/24"),  Network("224.0.0.0/4"),    Network("240.0.0.0/4"),
  };
  return kNetworks;
}

// https://www.iana.org/assignments/iana-ipv6-special-registry, within 2000::/3.
const std::vector<IpNetwork>& SpecialIpv6() {
  static const std::vector<IpNetwork> kNetworks = {
      Network("2001::/23"),         Network("2001:db8::/32"), Network("2002::/16"),
      Network("2620:4f:8000::/48"), Network("3fff::/20"),
  };
  return kNetworks;
}

bool IsIn(const std::vector<IpNetwork>& networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.Contains(address); });
}

std::optional<IpAddress> FromSocket(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    return FromIpv4(v4.sin_addr);
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof v6);
    IpAddress result;
    std::memcpy(result.data(), &v6.sin6_addr, result.size());
    return result;
  }
  return std::nullopt;
}

bool IsHostName(std::string_view text) {
  return !text.empty() && text.size() <= kHostBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

}  // namespace

bool IpNetwork::Contains(const IpAddress& other) const {
  int bits = prefix;
  for (std::size_t i = 0; i < address.size() && bits > 0; ++i, bits -= 8) {
    const auto mask = static_cast<std::uint8_t>(bits >= 8 ? 0xff : 0xff << (8 - bits));
    if (((address[i] ^ other[i]) & mask) != 0) return false;
  }
  return true;
}

Result<IpNetwork> ParseIpNetwork(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  IpNetwork network;
  int base = 0;
  in_addr v4;
  in6_addr v6;
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    network.address = FromIpv4(v4);
    base = 96;
  } else if (inet_pton(AF_INET6, address.c_str(), &v6) == 1) {
    std::memcpy(network.address.data(), &v6, network.address.size());
  } else {
    return Invalid("no network: " + std::string(text));
  }
  if (slash == std::string_view::npos) return network;
  const std::string_view digits = text.substr(slash + 1);
  int prefix = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (error != std::errc() || end != digits.data() + digits.size() || prefix < 0 ||
      prefix > 128 - base) {
    return Invalid("no network: " + std::string(text));
  }
  network.prefix = base + prefix;
  return network;
}

bool IsPublicAddress(const IpAddress& address) {
  static const IpNetwork kMapped = Network("::ffff:0:0/96");
  static const IpNetwork kTranslated = Network("64:ff9b::/96");  // RFC 6052
  static const IpNetwork kGlobal = Network("2000::/3");
  if (kMapped.Contains(address)) return !IsIn(SpecialIpv4(), address);
  if (kTranslated.Contains(address)) {
    IpAddress mapped = kMapped.address;
    std::copy(address.begin() + 12, address.end(), mapped.begin() + 12);
    return !IsIn(SpecialIpv4(), mapped);
  }
  return kGlobal.Contains(address) && !IsIn(SpecialIpv6(), address);
}

Result<AddressPolicy> AddressPolicy::Make(const std::vector<std::string>& allowed) {
  AddressPolicy policy;
  for (const std::string& entry : allowed) {
    if (const Result<IpNetwork> network = ParseIpNetwork(entry)) {
      policy.networks_.push_back(*network);
      continue;
    }
    std::string host = entry;
    for (char& c : host) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (!IsHostName(host)) {
      return Invalid("neither a network like 10.0.0.0/8 nor the name of a host: " + entry);
    }
    policy.hosts_.push_back(host);
  }
  return policy;
}

bool AddressPolicy::Allows(std::string_view host, const sockaddr* address) const {
  const std::optional<IpAddress> ip = FromSocket(address);
  if (!ip) return false;
  if (IsPublicAddress(*ip) || IsIn(networks_, *ip)) return true;
  return std::find(hosts_.begin(), hosts_.end(), host) != hosts_.end();
}

}  // namespace latecomer
