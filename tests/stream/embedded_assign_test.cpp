#include "stream/embedded_assign.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

namespace latecomer {
namespace {

std::vector<std::int64_t> Numbers(std::int64_t from, std::int64_t count) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < count; ++i) numbers.push_back(from + i);
  return numbers;
}

std::map<std::string, int> Counts(const std::map<std::int64_t, std::string>& assignment) {
  std::map<std::string, int> counts;
  for (const auto& [no, member] : assignment) ++counts[member];
  return counts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(embedded_assign)

BOOST_AUTO_TEST_CASE(SharesEvenly) {
  const auto assignment = AssignSticky({{Numbers(1, 7), {"a", "b", "c"}}}, {});
  BOOST_TEST(assignment.size() == 7U);
  auto counts = Counts(assignment);
  BOOST_TEST(counts["a"] == 3);
  BOOST_TEST(counts["b"] == 2);
  BOOST_TEST(counts["c"] == 2);
}

BOOST_AUTO_TEST_CASE(LeavesOutTopicsWithoutMembers) {
  BOOST_TEST(AssignSticky({{Numbers(1, 3), {}}}, {{1, "gone"}}).empty());
}

BOOST_AUTO_TEST_CASE(SpreadsTopicsOfOnePartition) {
  auto counts = Counts(AssignSticky({{{1}, {"a", "b"}}, {{2}, {"a", "b"}}}, {}));
  BOOST_TEST(counts["a"] == 1);
  BOOST_TEST(counts["b"] == 1);
}

// Members come and go at random; each time the shares are even and as few as possible move.
BOOST_AUTO_TEST_CASE(MovesAsFewAsItCan) {
  std::mt19937 random(7);
  std::map<std::int64_t, std::string> current;
  const auto partitions = Numbers(1, 32);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> members;
    for (char name = 'a'; name < 'i'; ++name) {
      if (random() % 2 == 0) members.emplace_back(1, name);
    }
    if (members.empty()) continue;
    const auto next = AssignSticky({{partitions, members}}, current);
    BOOST_TEST_REQUIRE(next.size() == partitions.size());
    const auto low = static_cast<int>(partitions.size() / members.size());
    auto extra = static_cast<int>(partitions.size() % members.size());
    auto before = Counts(current);
    std::vector<int> had;
    for (const std::string& member : members) {
      const int count = Counts(next)[member];
      BOOST_TEST(count >= low);
      BOOST_TEST(count <= low + 1);
      had.push_back(before[member]);
    }
    // The best that can be kept: everybody's share, and the extra ones where there are some.
    int keepable = 0;
    for (const int count : had) {
      keepable += std::min(count, low);
      if (count > low && extra > 0) {
        ++keepable;
        --extra;
      }
    }
    int kept = 0;
    for (const auto& [no, member] : next) {
      const auto was = current.find(no);
      if (was != current.end() && was->second == member) ++kept;
    }
    BOOST_TEST(kept == keepable);
    current = next;
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
