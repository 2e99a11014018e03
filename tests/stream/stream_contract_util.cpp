#include "tests/stream/stream_contract_util.h"

namespace latecomer::contract {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

TopicSettings Topic(const std::string& name, std::int32_t partitions, Cleanup cleanup) {
  TopicSettings settings;
  settings.name = name;
  settings.partitions = partitions;
  settings.cleanup = cleanup;
  return settings;
}

void AppendAll(Writer& writer, const std::string& topic, const Rows& rows, std::int32_t partition) {
  Must(writer.Begin());
  for (const auto& [key, value] : rows) Must(writer.Append(topic, partition, key, value));
  Must(writer.Commit());
}

Rows Numbered(const std::string& prefix, int count) {
  Rows rows;
  for (int i = 0; i < count; ++i) {
    const std::string text = prefix + std::to_string(i);
    rows.emplace_back(text, text);
  }
  return rows;
}

std::unique_ptr<Reader> ReadPartition(Stream& stream, const std::string& topic,
                                      std::int32_t partition) {
  ReaderSettings settings;
  settings.partitions = {{topic, partition}};
  return Take(stream.NewReader(settings));
}

std::vector<Record> ReadAll(ContractLog& log, Stream& stream, const std::string& topic,
                            std::int32_t partition) {
  const auto reader = ReadPartition(stream, topic, partition);
  const TopicPartition place{topic, partition};
  const std::int64_t end = Take(stream.EndOffset(place));
  std::vector<Record> all;
  Until(
      log, [&] { return Take(reader->Position(place)) >= end; },
      [&] {
        Polled polled = Take(reader->Poll(1'000, std::chrono::milliseconds(20)));
        for (Record& record : std::get<Records>(polled).records) all.push_back(std::move(record));
      },
      "reading to the end");
  return all;
}

std::vector<std::string> KeysOf(const std::vector<Record>& records) {
  std::vector<std::string> keys;
  for (const Record& record : records) keys.push_back(record.key);
  return keys;
}

void Member::Step(std::chrono::milliseconds wait) {
  Polled polled = Take(reader->Poll(1'000, wait));
  const auto remove = [this](const std::vector<TopicPartition>& partitions) {
    for (const TopicPartition& partition : partitions) {
      BOOST_TEST(owned.erase(partition) == 1U);
    }
  };
  std::visit(Overloaded{[&](Records& got) {
                          for (Record& record : got.records) records.push_back(std::move(record));
                        },
                        [&](const Assigned& assigned) {
                          for (const TopicPartition& partition : assigned.partitions) {
                            BOOST_TEST(owned.insert(partition).second);
                          }
                        },
                        [&](const Revoking& revoking) {
                          remove(revoking.partitions);
                          revoked.insert(revoked.end(), revoking.partitions.begin(),
                                         revoking.partitions.end());
                          if (release) Must(reader->ReleaseRevoked());
                        },
                        [&](const Lost& gone) {
                          remove(gone.partitions);
                          lost.insert(lost.end(), gone.partitions.begin(), gone.partitions.end());
                        }},
             polled);
}

ReaderSettings InGroup(const std::string& group, const std::string& topic,
                       const std::string& instance) {
  ReaderSettings settings;
  settings.group = group;
  settings.instance = instance;
  settings.topics = {topic};
  return settings;
}

void Until(const ContractLog& log, const std::function<bool()>& done,
           const std::function<void()>& step, const std::string& what) {
  const auto deadline = std::chrono::steady_clock::now() + log.Patience();
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) BOOST_FAIL("not in time: " + what);
    step();
  }
}

}  // namespace latecomer::contract
