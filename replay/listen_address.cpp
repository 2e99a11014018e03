#include "replay/listen_address.h"

#include <charconv>

namespace latecomer {
namespace {

constexpr std::size_t kUnixPathBytesMax = 107;  // sun_path less its NUL

}  // namespace

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  ListenAddress address;
  const auto wrong = [text](std::string_view why) {
    return Invalid("The address to listen on, `" + std::string(text) + "`, " + std::string(why));
  };
  if (text.find('/') != std::string_view::npos) {
    if (text.size() > kUnixPathBytesMax) return wrong("is too long for the path of a socket.");
    address.unix_path = text;
    return address;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return wrong("is neither HOST:PORT nor the path of a socket.");
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong("needs brackets around its IPv6 address.");
  }
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    return wrong("has no port from 0 to 65535.");
  }
  address.host = host;
  return address;
}

}  // namespace latecomer
