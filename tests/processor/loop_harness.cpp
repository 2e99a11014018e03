#include "tests/processor/loop_harness.h"

#include <map>
#include <set>

#include "base/log.h"
#include "model/post_json.h"
#include "model/timeline_collector.h"
#include "model/timeline_json.h"
#include "model/timeline_record_json.h"
#include "stream/embedded_stream.h"
#include "tests/processor/oracle.h"

namespace latecomer {

using std::chrono::milliseconds;

namespace {

const char* const kHashtags[] = {"alpha", "beta", "gamma", "delta", "épsilon", "zeta"};

// The same ids under all hashtags: what one of them knows of a post must not matter to another.
std::string RandomId(std::mt19937& random) { return "post" + std::to_string(random() % 12); }

Post RandomPost(std::mt19937& random) {
  const auto pick = [&](unsigned n) { return random() % n; };
  const auto id = [&] { return RandomId(random); };
  Post post;
  post.id = id();
  post.published = kStart + static_cast<TimeMs>(pick(40)) * kHour / 2;
  const auto kind = pick(10);
  if (kind == 0) {
    post.type = PostType::kTombstone;
    if (pick(2) == 0) post.published.reset();
    return post;
  }
  if (kind == 1) {
    post.type = PostType::kAnnounce;
    post.id = "r" + post.id;
    post.object = id();
    return post;
  }
  post.attributed_to.id = "author" + std::to_string(pick(8));
  post.content = "text " + std::to_string(pick(4));
  if (pick(10) < 7) post.in_reply_to = id();
  if (pick(10) < 3) post.context = id();
  if (pick(4) == 0) post.via = Via::kThread;
  if (pick(4) == 0) post.updated = *post.published + 1;
  return post;
}

std::string TimelineText(const HashtagSettings& settings, TimelineCollector& collector) {
  std::string out;
  const Timeline timeline(collector.Take());
  WriteTimelineJson(
      timeline, settings.gap_ms, kNone,
      [](const TimelineEntry& entry) {
        Post post;
        Must(ReadContent(entry.record.content, post));
        return post.content;
      },
      [&](std::string_view line) { out.append(line).append("\n"); });
  return out;
}

}  // namespace

HashtagSettings SettingsOf(const std::string& hashtag) {
  HashtagSettings settings;
  settings.hashtag = hashtag;
  if (hashtag.size() % 2 == 1) {
    settings.gap_ms = 2 * kHour;
    settings.events = {{kStart, kStart + 3 * kHour, "one", ""},
                       {kStart + 5 * kHour, kStart + 6 * kHour, "two", ""}};
  }
  return settings;
}

std::vector<Input> RandomInputs(std::mt19937& random, std::size_t count, bool forgets) {
  std::vector<Input> inputs;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string hashtag = kHashtags[random() % std::size(kHashtags)];
    if (forgets && random() % 60 == 0) {
      Forget forget;
      if (random() % 2 == 0) {
        forget.post = RandomId(random);
      } else {
        forget.author = "author" + std::to_string(random() % 8);
      }
      inputs.emplace_back("", forget);
      continue;
    }
    inputs.emplace_back(hashtag, RandomPost(random));
  }
  return inputs;
}

LoopStream::LoopStream(std::int32_t partitions, milliseconds session_timeout)
    : partitions_(partitions), session_timeout_(session_timeout) {
  spdlog::set_level(spdlog::level::off);  // failures are what these tests are about
  Reopen();
  Must(EnsureTopics(*stream_, partitions));
}

void LoopStream::Reopen() {
  stream_.reset();
  EmbeddedStreamSettings settings;
  settings.path = dir_ / "stream.db";
  settings.session_timeout = session_timeout_;
  settings.busy_timeout = std::chrono::seconds(30);
  stream_ = Take(OpenEmbeddedStream(settings));
}

void LoopStream::Write(const std::vector<Input>& inputs) {
  const auto writer = Take(stream_->NewWriter("input"));
  Must(writer->Begin());
  for (const Input& input : inputs) {
    written_.push_back(input);
    std::string value;
    AppendPostsValue(value, input.second);
    if (!std::holds_alternative<Forget>(input.second)) {
      Must(writer->Append(kPostsTopic, -1, input.first, value));
      continue;
    }
    for (std::int32_t p = 0; p < partitions_; ++p) {
      Must(writer->Append(kPostsTopic, p, input.first, value));
    }
  }
  Must(writer->Commit());
}

void LoopStream::WriteRaw(std::int32_t partition, const std::string& key,
                          const std::optional<std::string>& value) {
  const auto writer = Take(stream_->NewWriter("input"));
  Must(writer->Begin());
  Must(writer->Append(kPostsTopic, partition, key, value));
  Must(writer->Commit());
}

std::vector<Record> LoopStream::Read(const std::string& topic, std::int32_t partition) {
  const TopicPartition of{topic, partition};
  ReaderSettings settings;
  settings.partitions = {of};
  const auto reader = Take(stream_->NewReader(settings));
  const std::int64_t end = Take(stream_->EndOffset(of));
  std::vector<Record> out;
  while (Take(reader->Position(of)) < end) {
    Polled polled = Take(reader->Poll(1000, milliseconds(100)));
    for (Record& record : std::get<Records>(polled).records) out.push_back(std::move(record));
  }
  return out;
}

std::int64_t LoopStream::EndOfTimelines() {
  std::int64_t sum = 0;
  for (std::int32_t p = 0; p < partitions_; ++p) {
    sum += Take(stream_->EndOffset({kTimelinesTopic, p}));
  }
  return sum;
}

bool LoopStream::CaughtUp() {
  for (std::int32_t p = 0; p < partitions_; ++p) {
    const TopicPartition posts{kPostsTopic, p};
    const auto committed = Take(stream_->CommittedOffset(kProcessorGroup, posts));
    if (committed.value_or(0) != Take(stream_->EndOffset(posts))) return false;
  }
  return true;
}

std::string LoopStream::Timelines() {
  std::map<std::string, TimelineCollector> collectors;
  for (std::int32_t p = 0; p < partitions_; ++p) {
    for (const Record& record : Read(kTimelinesTopic, p)) {
      const TimelineRecord read =
          Take(ReadTimelineRecord(record.key, record.value, ReadContentToo::kYes));
      if (read.hashtag.empty()) continue;  // what was forgotten
      BOOST_TEST(PartitionOf(read.hashtag, partitions_) == p);
      collectors.try_emplace(read.hashtag, read.hashtag).first->second.Apply(read);
    }
  }
  std::string out;
  for (auto& [hashtag, collector] : collectors) {
    out += TimelineText(SettingsOf(hashtag), collector);
  }
  return out;
}

std::string LoopStream::Expected() const {
  std::set<std::string> hashtags;
  for (const Input& input : written_) hashtags.insert(input.first);
  hashtags.erase("");
  std::string out;
  for (const std::string& hashtag : hashtags) {
    std::vector<PostsValue> values;
    for (const Input& input : written_) {
      if (input.first == hashtag || input.first.empty()) values.push_back(input.second);
    }
    out += OracleTimeline(SettingsOf(hashtag), values);
  }
  return out;
}

void LoopStream::CheckTimelines() {
  BOOST_TEST(CaughtUp());
  BOOST_TEST(Timelines() == Expected());
  constexpr TimeMs kDay = 24 * kHour;
  Must(stream_->Clean(Now() + 20 * kDay));  // nulls go too
  BOOST_TEST(Timelines() == Expected());
}

ProcessorLoopSettings QuickSettings(const std::string& instance) {
  ProcessorLoopSettings settings;
  settings.instance = instance;
  settings.commit_interval = milliseconds(5);
  settings.batch_records_max = 20;
  return settings;
}

RunningLoop::RunningLoop(Stream& stream, ProcessorLoopSettings settings,
                         Builder::SettingsOf settings_of)
    : loop_(stream, std::move(settings), std::move(settings_of)),
      thread_([this](std::stop_token stop) {
        status_ = loop_.Run(stop);
        ended_ = true;
      }) {}

Status RunningLoop::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  return status_;
}

void WaitUntil(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) BOOST_FAIL("it did not happen within a minute");
    std::this_thread::sleep_for(milliseconds(3));
  }
}

}  // namespace latecomer
