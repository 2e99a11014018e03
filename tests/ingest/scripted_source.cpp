#include "tests/ingest/scripted_source.h"

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "model/post_json.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr TimeMs kPublished = 1'600'000'000'000;
constexpr char kIdBegin[] = "https://test.example/";

int Number(const SourceSpec& spec, std::string_view name, int otherwise) {
  const std::string& text = spec.Option(name);
  return text.empty() ? otherwise : std::stoi(text);
}

Post ScriptedPost(const std::string& source, int number) {
  Post post;
  post.id = kIdBegin + source + "/" + std::to_string(number);
  post.published = kPublished + number;
  post.content = "<p>one of many</p>";
  post.source = {"test", "test.example", kPublished + number};
  return post;
}

}  // namespace

class ScriptedSource final : public Source {
 public:
  ScriptedSource(ScriptedWorld& world, SourceSpec spec) : world_(world), spec_(std::move(spec)) {}

  bool IsFinite() const override { return spec_.Option("endless").empty(); }

  Status Run(SourceContext& context) override {
    Enter();
    const Status status = Work(context);
    const int linger_ms = Number(spec_, "linger_ms", 0);
    if (linger_ms > 0 && context.stopped()) Linger(context, linger_ms);
    const std::lock_guard<std::mutex> guard(world_.mutex_);
    --world_.facts_[spec_.name].running;
    return status;
  }

 private:
  void Enter() {
    const std::lock_guard<std::mutex> guard(world_.mutex_);
    ScriptedWorld::Facts& facts = world_.facts_[spec_.name];
    facts.most_at_once = std::max(facts.most_at_once, ++facts.running);
  }

  Status Work(SourceContext& context) {
    const auto cursor = context.cursors().find("next");
    next_ = cursor == context.cursors().end() ? 0 : std::stoi(cursor->second);
    const int posts = Number(spec_, "posts", 0);
    while (!context.stopped()) {
      if (next_ >= Number(spec_, "at", 0)) {
        if (const Status failed = MayFail(); !failed) return failed;
      }
      if (next_ >= posts) {
        if (IsFinite()) return {};
        context.WaitFor(std::chrono::milliseconds(50));
        continue;
      }
      const int pause_ms = Number(spec_, "pause_ms", 0);
      if (pause_ms > 0) context.WaitFor(std::chrono::milliseconds(pause_ms));
      if (context.stopped()) break;
      if (Status s = WriteSome(context, std::min(posts - next_, Number(spec_, "batch", 1))); !s) {
        return s;
      }
    }
    return {};
  }

  Status WriteSome(SourceContext& context, int count) {
    PostBatch batch(spec_.name);
    for (int i = 0; i < count; ++i) {
      const Status added =
          batch.Add(spec_.KeysOf({"tag"}), PostsValue(ScriptedPost(spec_.name, next_ + i)));
      if (!added) return added;
    }
    Coverage coverage{spec_.name, kPublished, kPublished + next_ + count, true, ""};
    if (Status s = batch.Add("tag", PostsValue(coverage)); !s) return s;
    if (Status s = batch.MoveCursor("next", std::to_string(next_ + count)); !s) return s;
    if (Status s = context.Write(batch); !s) return s;
    next_ += count;
    return {};
  }

  void Linger(SourceContext& context, int linger_ms) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(linger_ms);
    while (std::chrono::steady_clock::now() < until) {
      static_cast<void>(WriteSome(context, 1));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  Status MayFail() {
    const std::string& kind = spec_.Option("fail");
    if (kind.empty()) return {};
    {
      const std::lock_guard<std::mutex> guard(world_.mutex_);
      if (world_.facts_[spec_.name].failed++ >= Number(spec_, "times", 1)) return {};
      if (kind == "throw") --world_.facts_[spec_.name].running;
    }
    if (kind == "throw") throw std::runtime_error("a bug");
    if (kind == "retry") return RetryLater("away");
    if (kind == "invalid") return Invalid("this will never work");
    return Fatal("no permission");
  }

  ScriptedWorld& world_;
  SourceSpec spec_;
  int next_ = 0;
};

SourceMaker ScriptedWorld::Maker() {
  return [this](const SourceSpec& spec) -> Result<std::unique_ptr<Source>> {
    if (spec.kind != "test") return Invalid("kind \"" + spec.kind + "\" is not known");
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      ++facts_[spec.name].made;
    }
    return std::unique_ptr<Source>(std::make_unique<ScriptedSource>(*this, spec));
  };
}

std::uint64_t ScriptedWorld::made(const std::string& name) {
  const std::lock_guard<std::mutex> guard(mutex_);
  return facts_[name].made;
}

int ScriptedWorld::most_at_once(const std::string& name) {
  const std::lock_guard<std::mutex> guard(mutex_);
  return facts_[name].most_at_once;
}

int ScriptedWorld::running(const std::string& name) {
  const std::lock_guard<std::mutex> guard(mutex_);
  return facts_[name].running;
}

SourceSpec ScriptedSpec(const std::string& name, int posts,
                        std::map<std::string, std::string, std::less<>> options) {
  SourceSpec spec;
  spec.name = name;
  spec.kind = "test";
  spec.hashtags = {{"tag", "Tag", {"othertag"}}};
  spec.options = std::move(options);
  spec.options["posts"] = std::to_string(posts);
  return spec;
}

std::vector<SourceSpec> ScriptedSpecs(int count, int posts,
                                      std::map<std::string, std::string, std::less<>> options) {
  std::vector<SourceSpec> specs;
  for (int i = 0; i < count; ++i) {
    specs.push_back(ScriptedSpec("s-" + std::to_string(i), posts, options));
  }
  return specs;
}

std::vector<Record> ReadTopic(Stream& stream, const std::string& topic) {
  std::vector<Record> all;
  const Result<std::int32_t> count = stream.PartitionCount(topic);
  if (!count) throw std::runtime_error(count.error().message);
  for (std::int32_t p = 0; p < *count; ++p) {
    const TopicPartition partition{topic, p};
    const Result<std::int64_t> end = stream.EndOffset(partition);
    if (!end) throw std::runtime_error(end.error().message);
    ReaderSettings reading;
    reading.partitions = {partition};
    Result<std::unique_ptr<Reader>> reader = stream.NewReader(reading);
    if (!reader) throw std::runtime_error(reader.error().message);
    for (int polls = 0;; ++polls) {
      const Result<std::int64_t> position = (*reader)->Position(partition);
      if (position && *position >= *end) break;
      Result<Polled> polled = (*reader)->Poll(10'000, std::chrono::milliseconds(200));
      if (!polled && polled.error().code != ErrorCode::kRetryLater) {
        throw std::runtime_error(polled.error().message);
      }
      if (polls > 1'000) throw std::runtime_error("reading " + topic + " takes too long");
      if (!polled) continue;
      auto* records = std::get_if<Records>(&*polled);
      if (records == nullptr) continue;
      for (Record& record : records->records) all.push_back(std::move(record));
    }
  }
  return all;
}

ScriptedFacts ReadScripted(Stream& stream) {
  ScriptedFacts facts;
  // First the cursors: what they cover must be there by then.
  for (const Record& record : ReadTopic(stream, kCursorsTopic)) {
    const std::string source = record.key.substr(0, record.key.find(' '));
    if (record.key != source + " next") facts.faults.push_back("cursor " + record.key);
    const std::int64_t next = std::stoll(*record.value);
    if (next <= facts.next[source]) {
      facts.faults.push_back("the cursor of " + source + " went from " +
                             std::to_string(facts.next[source]) + " to " + *record.value);
    }
    facts.next[source] = next;
  }
  PostReader reader;
  for (const Record& record : ReadTopic(stream, kPostsTopic)) {
    if (const Status read = reader.Read(*record.value); !read) {
      facts.faults.push_back(read.error().message);
      continue;
    }
    const auto* post = std::get_if<Post>(&reader.value());
    if (post == nullptr) continue;
    const std::string rest = post->id.substr(sizeof kIdBegin - 1);
    const std::size_t slash = rest.find('/');
    facts.posts[rest.substr(0, slash)].push_back(std::stoi(rest.substr(slash + 1)));
    if (record.key != "tag") facts.faults.push_back(post->id + " stands under " + record.key);
  }
  return facts;
}

std::string FaultsOf(const ScriptedFacts& facts, int sources, int posts) {
  std::string text;
  for (const std::string& fault : facts.faults) text += fault + "\n";
  const auto count = static_cast<std::size_t>(sources);
  if (posts >= 0 && facts.posts.size() != count) {
    text += std::to_string(facts.posts.size()) + " sources instead of " + std::to_string(count);
  }
  for (const auto& [source, numbers] : facts.posts) {
    std::vector<int> sorted = numbers;
    std::sort(sorted.begin(), sorted.end());
    const auto next = facts.next.find(source);
    const std::int64_t cursor = next == facts.next.end() ? 0 : next->second;
    const auto written = static_cast<std::int64_t>(sorted.size());
    bool right = posts == kAtWork ? written >= cursor : written == cursor;
    right = right && (posts < 0 || cursor == posts);
    for (std::size_t i = 0; i < sorted.size(); ++i)
      right = right && sorted[i] == static_cast<int>(i);
    if (!right) {
      text += source + ": " + std::to_string(sorted.size()) + " posts, cursor " +
              std::to_string(cursor) + "\n";
    }
  }
  return text;
}

}  // namespace latecomer
