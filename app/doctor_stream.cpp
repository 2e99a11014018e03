// The stream: whether it answers, its topics, and how far the groups are behind.
#include <algorithm>
#include <filesystem>

#include "app/doctor.h"
#include "app/setup.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr const char* kTopics[] = {kPostsTopic, kTimelinesTopic, kCursorsTopic, kRejectsTopic};

std::string AdviceFor(const Error& error, const Settings& settings) {
  if (error.code == ErrorCode::kRetryLater) {
    return settings.stream.kind == "kafka"
               ? "check [stream] brokers, that a broker runs there, and the network between"
               : "another process keeps the stream busy: try again";
  }
  return "see docs/operations.md; [stream.librdkafka] passes credentials and TLS settings";
}

// Who shares the work: without a member nothing of it goes on.
void ExamineGroups(Stream& stream, bool has_sources, const FindingSink& tell) {
  constexpr std::pair<const char*, const char*> kGroups[] = {{kProcessorGroup, "process"},
                                                             {kIngestGroup, "ingest"}};
  for (const auto& [group, daemon] : kGroups) {
    if (!has_sources && std::string_view(group) == kIngestGroup) continue;  // nothing to share
    const std::string what = std::string("group ") + group;
    const Result<std::string> members = stream.DescribeGroup(group);
    if (!members) {
      tell({FindingState::kWarning, what, members.error().message, ""});
    } else if (*members == "no member") {
      tell({FindingState::kWarning, what, *members,
            std::string("start `latecomer ") + daemon + "` where it is meant to run"});
    } else {
      tell({FindingState::kOk, what, *members, ""});
    }
  }
}

// Posts that no processor has committed yet.
void ExamineLag(Stream& stream, const Settings& settings, const FindingSink& tell) {
  std::int64_t waiting = 0;
  for (std::int32_t p = 0; p < PartitionsOf(settings); ++p) {
    const TopicPartition posts{kPostsTopic, p};
    const Result<std::int64_t> end = stream.EndOffset(posts);
    const Result<std::int64_t> start = stream.StartOffset(posts);
    Result<std::optional<std::int64_t>> place = stream.CommittedOffset(kProcessorGroup, posts);
    const Error* wrong = !end     ? &end.error()
                         : !start ? &start.error()
                         : !place ? &place.error()
                                  : nullptr;
    if (wrong != nullptr) {
      return tell({FindingState::kBad, "processors", wrong->message, AdviceFor(*wrong, settings)});
    }
    waiting += std::max<std::int64_t>(*end - place->value_or(*start), 0);
  }
  if (waiting == 0) {
    return tell({FindingState::kOk, "processors", "every post has been processed", ""});
  }
  tell({FindingState::kWarning, "processors",
        std::to_string(waiting) + " offsets of `posts` have not been processed yet",
        "normal while they work; if it does not fall, start `latecomer " +
            std::string(settings.stream.kind == "kafka" ? "process" : "run") + "`"});
}

}  // namespace

void ExamineStream(const Settings& settings, const FindingSink& tell) {
  const bool is_kafka = settings.stream.kind == "kafka";
  const std::string what = is_kafka ? "broker" : "stream";
  if (!is_kafka && !std::filesystem::exists(std::filesystem::path(settings.data) / "stream.db")) {
    return tell({FindingState::kWarning, what, "nothing has been written to it yet",
                 "import an archive, or start `latecomer run`"});
  }
  Result<std::unique_ptr<Stream>> stream = OpenStream(settings, "latecomer doctor");
  if (!stream) {
    return tell({FindingState::kBad, what, stream.error().message, "mend the settings"});
  }
  std::vector<std::string> missing;
  for (const char* topic : kTopics) {
    const Result<std::int32_t> count = (*stream)->PartitionCount(topic);
    if (count) continue;
    if (count.error().code != ErrorCode::kNotFound) {
      return tell(
          {FindingState::kBad, what, count.error().message, AdviceFor(count.error(), settings)});
    }
    missing.push_back(settings.stream.prefix + topic);
  }
  const Result<std::string> about = (*stream)->Describe();
  tell({FindingState::kOk, what,
        (is_kafka ? settings.stream.brokers + " answers" : "stream.db can be read") +
            (about && !about->empty() ? ": " + *about : ""),
        ""});
  if (!missing.empty()) {
    std::string names;
    for (const std::string& name : missing) names += (names.empty() ? "" : ", ") + name;
    return tell({FindingState::kWarning, "topics", names + ": not there yet",
                 "the first daemon or import makes them, if it may"});
  }
  // All are there, so this only compares.
  if (Status right = PrepareTopics(**stream, settings); !right) {
    return tell({FindingState::kBad, "topics", right.error().message,
                 "set [stream] partitions, replication and min_insync_replicas as the topics are, "
                 "or mend the topics with Kafka's own tools"});
  }
  tell({FindingState::kOk, "topics",
        "all four are there and as they must be, with " + std::to_string(PartitionsOf(settings)) +
            " partitions",
        ""});
  if (is_kafka) ExamineGroups(**stream, !settings.sources.empty(), tell);
  ExamineLag(**stream, settings, tell);
}

}  // namespace latecomer
