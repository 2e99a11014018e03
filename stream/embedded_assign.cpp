#include "stream/embedded_assign.h"

#include <algorithm>
#include <tuple>

namespace latecomer {
namespace {

void AssignTopicSticky(const AssignTopic& topic, const std::map<std::int64_t, std::string>& current,
                       std::map<std::string, std::size_t>& total,
                       std::map<std::int64_t, std::string>& out) {
  const std::size_t low = topic.partition_nos.size() / topic.members.size();
  std::size_t extra = topic.partition_nos.size() % topic.members.size();
  std::map<std::string, std::size_t> here;
  for (const std::string& member : topic.members) here[member] = 0;

  std::vector<std::int64_t> open;
  for (const std::int64_t no : topic.partition_nos) {
    const auto holder = current.find(no);
    const auto count = holder == current.end() ? here.end() : here.find(holder->second);
    const bool fits =
        count != here.end() && (count->second < low || (count->second == low && extra > 0));
    if (!fits) {
      open.push_back(no);
      continue;
    }
    if (count->second == low) --extra;
    ++count->second;
    ++total[count->first];
    out[no] = count->first;
  }
  for (const std::int64_t no : open) {
    const auto least =
        std::min_element(here.begin(), here.end(), [&](const auto& a, const auto& b) {
          return std::tie(a.second, total[a.first], a.first) <
                 std::tie(b.second, total[b.first], b.first);
        });
    ++least->second;
    ++total[least->first];
    out[no] = least->first;
  }
}

}  // namespace

std::map<std::int64_t, std::string> AssignSticky(
    const std::vector<AssignTopic>& topics, const std::map<std::int64_t, std::string>& current) {
  std::map<std::int64_t, std::string> out;
  std::map<std::string, std::size_t> total;  // partitions of all topics so far
  for (const AssignTopic& topic : topics) {
    if (!topic.members.empty()) AssignTopicSticky(topic, current, total, out);
  }
  return out;
}

}  // namespace latecomer
