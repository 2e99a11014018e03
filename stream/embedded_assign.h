// Who reads what: the pure part of the embedded stream's group protocol.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace latecomer {

struct AssignTopic {
  std::vector<std::int64_t> partition_nos;
  std::vector<std::string> members;  // those that are subscribed, sorted
};

// Shares each topic's partitions among its members so that their counts differ by one at most, and
// moves as few as that allows from where `current` has them. Partitions of topics without members
// are left out. The same input gives the same output.
std::map<std::int64_t, std::string> AssignSticky(
    const std::vector<AssignTopic>& topics, const std::map<std::int64_t, std::string>& current);

}  // namespace latecomer
