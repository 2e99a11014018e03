// Which addresses the client connects to. What others write decides which URLs are asked (links of
// feeds, redirects, names whose addresses they choose), and must not reach what only this host can
// reach: its own ports, its network, its cloud's metadata.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace latecomer {

// IPv6, or IPv4 as ::ffff:a.b.c.d.
using IpAddress = std::array<std::uint8_t, 16>;

struct IpNetwork {
  IpAddress address{};
  int prefix = 128;  // bits, of the IPv6 form
  bool Contains(const IpAddress& other) const;
};

// Reads "192.168.0.0/16", "fd00::/8", "127.0.0.1", "::1". kInvalid for anything else.
Result<IpNetwork> ParseIpNetwork(std::string_view text);

// What the network of the world routes, per IANA's registries of special-purpose addresses: no
// private, loopback, link-local, shared (CGNAT), documentation, benchmark, multicast or reserved
// ones, nor IPv6 that stands for such an IPv4 (mapped, 64:ff9b::/96) or tunnels to one (6to4,
// Teredo).
bool IsPublicAddress(const IpAddress& address);

class AddressPolicy {
 public:
  // Each entry is a network, whose addresses are allowed, or the name of a host, which may have any
  // address. kInvalid names the entry that is neither.
  static Result<AddressPolicy> Make(const std::vector<std::string>& allowed);

  // Whether `host` (as in Url) may be asked at the address that it was resolved to. What is neither
  // IPv4 nor IPv6 is refused.
  bool Allows(std::string_view host, const sockaddr* address) const;

 private:
  std::vector<IpNetwork> networks_;
  std::vector<std::string> hosts_;
};

}  // namespace latecomer
