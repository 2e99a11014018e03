// Where a server listens: "127.0.0.1:8470", "[::1]:0", "localhost:8470" or the path of a Unix
// socket ("/run/latecomer.sock").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace latecomer {

struct ListenAddress {
  std::string host;  // without brackets
  std::uint16_t port = 0;
  std::string unix_path;  // instead of host and port
};

// kInvalid names what is wrong.
Result<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace latecomer
