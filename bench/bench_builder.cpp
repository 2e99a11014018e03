// The timeline builder in memory: posts in, records out (not serialised), one core.
//
// A million posts over 1,000 hashtags, 60 % reposts, 40 % of the rest replies, ids of 50 bytes.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "model/post_json.h"
#include "model/timeline_record_json.h"
#include "processor/builder.h"

namespace latecomer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kHashtags = 1'000;
constexpr std::size_t kBatch = 5'000;

struct Prepared {
  std::string hashtag;
  PostsValue value;
  std::string content;
  std::uint64_t digest = 0;
};

std::string Id(std::size_t number) {
  std::string id = "https://social.example/users/somebody/statuses/";
  std::string digits = std::to_string(number);
  return id + std::string(50 - std::min<std::size_t>(50, id.size() + digits.size()), '0') + digits;
}

std::vector<Prepared> MakePosts(std::size_t count) {
  std::mt19937 random(7);
  std::vector<std::vector<std::size_t>> notes(kHashtags);  // numbers of notes under each hashtag
  std::vector<Prepared> posts(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t tag = random() % kHashtags;
    Prepared& prepared = posts[i];
    prepared.hashtag = "hashtag" + std::to_string(tag);
    Post post;
    post.id = Id(i);
    post.published = 1'300'000'000'000 + static_cast<TimeMs>(i) * 1'000;
    post.attributed_to.id = "https://social.example/users/" + std::to_string(random() % 50'000);
    auto& known = notes[tag];
    if (!known.empty() && random() % 100 < 60) {
      post.type = PostType::kAnnounce;
      post.object = Id(known[random() % known.size()]);
    } else {
      post.content = "<p>What was said at the unconference about small groups, number " +
                     std::to_string(i) + ", and why it matters</p>";
      post.tag.push_back({"Hashtag", "", "#" + prepared.hashtag});
      if (!known.empty() && random() % 100 < 40) {
        post.in_reply_to = Id(known[random() % known.size()]);
      }
      known.push_back(i);
    }
    AppendContent(prepared.content, post);
    prepared.digest = ContentDigest(prepared.content);
    prepared.value = std::move(post);
  }
  return posts;
}

class Counting : public RecordSink {
 public:
  explicit Counting(bool serialise) : serialise_(serialise) {}
  void OnRecord(const TimelineRecord& record) override {
    ++records;
    if (!serialise_) return;
    text_.clear();
    AppendTimelineKey(text_, record);
    AppendTimelineValue(text_, record);
    bytes += text_.size();
  }
  std::size_t records = 0;
  std::size_t bytes = 0;

 private:
  bool serialise_;
  std::string text_;
};

struct Run {
  double seconds = 0;
  std::size_t records = 0;
  std::size_t state_bytes = 0;
};

Run Build(const std::vector<Prepared>& posts, bool reversed, bool serialise) {
  Builder builder(0, [](const std::string&) { return HashtagSettings{}; });
  Counting sink(serialise);
  const auto begin = Clock::now();
  std::vector<VersionInput> batch;
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < posts.size(); ++i) {
    const Prepared& post = posts[reversed ? posts.size() - 1 - i : i];
    VersionInput& input = batch.emplace_back();
    input.cause = {0, static_cast<std::int64_t>(i)};
    input.hashtag = post.hashtag;
    input.value = &post.value;
    input.content = post.content;
    input.digest = post.digest;
    if (batch.size() == kBatch || i + 1 == posts.size()) {
      builder.ApplyAll(batch, outcomes);
      builder.Flush(sink);
      builder.Commit();
      batch.clear();
      outcomes.clear();
    }
  }
  Run run;
  run.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  run.records = sink.records;
  run.state_bytes = builder.bytes();
  return run;
}

void Print(const char* name, double value, const char* unit, const char* better,
           const char* ratio_to) {
  std::printf(R"({"name":"%s","value":%.6g,"unit":"%s","better":"%s")", name, value, unit, better);
  if (ratio_to != nullptr) std::printf(R"(,"ratio_to":"%s")", ratio_to);
  std::printf("}\n");
}

int Main(std::size_t posts_total) {
  const std::vector<Prepared> posts = MakePosts(posts_total);
  const std::vector<Prepared> tenth(posts.begin(), posts.begin() + posts_total / 10);
  const Run forward = Build(posts, false, false);
  const Run written = Build(posts, false, true);
  const Run hostile = Build(posts, true, false);
  const Run small = Build(tenth, false, false);
  const double count = static_cast<double>(posts_total);
  Print("builder, in order", count / forward.seconds, "posts/s", "more", nullptr);
  Print("builder, in order, records written as JSON", count / written.seconds, "posts/s", "more",
        "builder, in order");
  Print("builder, children first", count / hostile.seconds, "posts/s", "more", "builder, in order");
  Print("builder, a tenth of the posts", count / 10 / small.seconds, "posts/s", "more",
        "builder, in order");
  Print("builder, state", static_cast<double>(forward.state_bytes) / count, "bytes/post", "less",
        nullptr);
  return forward.records > 0 ? 0 : 1;
}

}  // namespace
}  // namespace latecomer

int main(int argc, char** argv) {
  return latecomer::Main(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000);
}
