#include "tests/app/migration_harness.h"

#include <map>
#include <set>

#include "tests/processor/oracle.h"

namespace latecomer {

std::string ExpectedOf(const std::vector<Input>& inputs) {
  std::set<std::string> hashtags;
  for (const Input& input : inputs) hashtags.insert(input.first);
  hashtags.erase("");
  std::string out;
  for (const std::string& hashtag : hashtags) {
    std::vector<PostsValue> values;
    for (const Input& input : inputs) {
      if (input.first == hashtag || input.first.empty()) values.push_back(input.second);
    }
    out += OracleTimeline(SettingsOf(hashtag), values);
  }
  return out;
}

void ProcessAll(LoopStream& stream) {
  RunningLoop loop(stream.stream(), QuickSettings());
  WaitUntil([&] { return stream.CaughtUp() || loop.ended(); });
  Must(loop.Stop());
}

void ProcessSome(LoopStream& stream, int batches) {
  int commits = 0;
  FaultyStream faulty(stream.stream(), [&](FaultyStream::Call call) -> std::optional<Error> {
    if (call != FaultyStream::Call::kCommit || ++commits < batches) return std::nullopt;
    return Fatal("killed");
  });
  faulty.LimitPolls(7);
  RunningLoop loop(faulty, QuickSettings());
  WaitUntil([&] { return stream.CaughtUp() || loop.ended(); });
  static_cast<void>(loop.Stop());
}

void Append(Stream& stream, const std::string& topic, std::int32_t partition,
            const std::string& key, const std::optional<std::string>& value) {
  const auto writer = Take(stream.NewWriter("append"));
  Must(writer->Begin());
  Must(writer->Append(topic, partition, key, value));
  Must(writer->Commit());
}

std::vector<std::string> LatestOf(LoopStream& stream, const std::string& topic) {
  std::vector<std::string> out;
  const std::int32_t count = Take(stream.stream().PartitionCount(topic));
  for (std::int32_t p = 0; p < count; ++p) {
    std::map<std::string, std::string> latest;
    for (const Record& record : stream.Read(topic, p)) {
      latest[record.key] = record.value.value_or("null");
    }
    for (const auto& [key, value] : latest) {
      out.push_back(std::to_string(p) + " " + key + "=" + value);
    }
  }
  return out;
}

MigrationOptions OptionsFor(const LoopStream& to) {
  MigrationOptions options;
  options.from_name = "old";
  options.to_name = "new";
  options.partitions = to.partitions();
  return options;
}

Status MigrateOnce(Stream& from, Stream& to, const MigrationOptions& options) {
  const std::stop_token stop;
  Migration migration(from, to, options, [](const char*, std::uint64_t, std::uint64_t) {});
  if (Status s = migration.Prepare(stop); !s) return s;
  if (migration.is_done()) return {};
  if (Status s = migration.Copy(stop); !s) return s;
  if (Status s = migration.Compare(stop); !s) return s;
  return migration.Finish(stop);
}

int MigrateKilled(LoopStream& from, LoopStream& to, std::mt19937& random) {
  MigrationOptions options = OptionsFor(to);
  for (int kills = 0;; ++kills) {
    options.limits.records_max = 1 + random() % 30;
    options.limits.read_max = 1 + random() % 60;
    int left = static_cast<int>(random() % 12);
    // Durable or not, as when the process dies around its commit; some failures it gets over
    // itself.
    FaultyStream faulty(to.stream(), [&](FaultyStream::Call call) -> std::optional<Error> {
      if (call == FaultyStream::Call::kAppend && random() % 400 == 0) return Fatal("killed");
      if (call != FaultyStream::Call::kCommit) return std::nullopt;
      if (random() % 40 == 0) return Conflict("its outcome is not known");
      if (left-- > 0) return std::nullopt;
      return Fatal("killed");
    });
    const Status status = MigrateOnce(from.stream(), faulty, options);
    if (status) return kills;
    BOOST_REQUIRE_MESSAGE(status.error().message.find("killed") != std::string::npos,
                          status.error().message);
    BOOST_REQUIRE_LT(kills, 3'000);
  }
}

}  // namespace latecomer
