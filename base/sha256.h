// SHA-256 (FIPS 180-4), by OpenSSL.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace latecomer {

using Sha256Digest = std::array<unsigned char, 32>;

Sha256Digest Sha256(std::string_view bytes);
// The digest in lower-case hex: 64 bytes.
std::string Sha256Hex(std::string_view bytes);
std::string ToHex(const Sha256Digest& digest);

}  // namespace latecomer
