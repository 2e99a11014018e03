// What the cases of the stream contract share.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/stream/stream_contract.h"

namespace latecomer::contract {

// The value of a result that must be there; otherwise the case ends with its message.
template <typename T>
T Take(Result<T> result) {
  if (!result) BOOST_FAIL(result.error().message);
  return std::move(*result);
}
inline void Must(const Status& status) {
  if (!status) BOOST_FAIL(status.error().message);
}

TopicSettings Topic(const std::string& name, std::int32_t partitions = 1,
                    Cleanup cleanup = Cleanup::kDelete);

// Appends keys and values in one transaction.
using Rows = std::vector<std::pair<std::string, std::optional<std::string>>>;
void AppendAll(Writer& writer, const std::string& topic, const Rows& rows,
               std::int32_t partition = -1);
// Keys "<prefix>0" … with the same values.
Rows Numbered(const std::string& prefix, int count);

std::unique_ptr<Reader> ReadPartition(Stream& stream, const std::string& topic,
                                      std::int32_t partition = 0);
// Reads until the position reaches the end as it is now.
std::vector<Record> ReadAll(ContractLog& log, Stream& stream, const std::string& topic,
                            std::int32_t partition = 0);
std::vector<std::string> KeysOf(const std::vector<Record>& records);

// A member of a group that answers each event as a daemon does.
struct Member {
  Member(Stream& stream, const ReaderSettings& settings)
      : reader(Take(stream.NewReader(settings))) {}
  // One poll.
  void Step(std::chrono::milliseconds wait = std::chrono::milliseconds(5));

  std::unique_ptr<Reader> reader;
  std::set<TopicPartition> owned;
  std::vector<Record> records;
  std::vector<TopicPartition> lost;
  std::vector<TopicPartition> revoked;
  bool release = true;  // at once
};

ReaderSettings InGroup(const std::string& group, const std::string& topic,
                       const std::string& instance = "");

// Calls `step` until `done` holds; fails after the log's patience.
void Until(const ContractLog& log, const std::function<bool()>& done,
           const std::function<void()>& step, const std::string& what);

}  // namespace latecomer::contract
