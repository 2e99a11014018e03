// How the builder's state finds names, taken numbers and placeholders. Part of timeline_state.cpp.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <string_view>

#include "processor/timeline_state.h"

namespace latecomer {

// What a name is looked up by.
struct NameQuery {
  std::string_view text;
  std::uint32_t hashtag;
  std::uint32_t hash;
};

struct TimelineState::NameHash {
  using is_transparent = void;
  using is_avalanching = void;
  const ChunkedVector<Name>* names;
  static std::size_t Spread(std::uint32_t hash) { return hash * std::size_t{0x9E3779B97F4A7C15}; }
  std::size_t operator()(std::uint32_t name) const { return Spread((*names)[name].hash); }
  std::size_t operator()(const NameQuery& query) const { return Spread(query.hash); }
};

struct TimelineState::NameEqual {
  using is_transparent = void;
  const ChunkedVector<Name>* names;
  bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
  bool operator()(const NameQuery& query, std::uint32_t name) const {
    const Name& other = (*names)[name];
    return other.hash == query.hash && other.hashtag == query.hashtag &&
           std::string_view(other.text, other.size) == query.text;
  }
  bool operator()(std::uint32_t name, const NameQuery& query) const { return (*this)(query, name); }
};

struct TimelineState::Indexes {
  explicit Indexes(const ChunkedVector<Name>* names)
      : names_by_text(0, NameHash{names}, NameEqual{names}) {}
  boost::unordered_flat_set<std::uint32_t, NameHash, NameEqual> names_by_text;
  boost::unordered_flat_set<std::uint64_t> numbers;  // NumberKey
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> pairs;
};

}  // namespace latecomer
