// How the builder's state finds names, taken numbers and placeholders. Part of timeline_state.cpp.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>

#include "processor/name_table.h"
#include "processor/timeline_state.h"

namespace latecomer {

struct TimelineState::Indexes {
  NameTable names;
  boost::unordered_flat_set<std::uint64_t> numbers;  // NumberKey
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> pairs;
};

}  // namespace latecomer
