// The hash behind PartitionOf, for its test vectors.
#pragma once

#include <cstdint>
#include <string_view>

namespace latecomer {

// 32-bit murmur2 as in org.apache.kafka.common.utils.Utils (seed 0x9747b28c).
std::uint32_t Murmur2(std::string_view bytes);

}  // namespace latecomer
