// Reading twarc v2 pages into canonical posts, on one core: pages as X's API gives them, with the
// annotations and metrics that nobody here needs.
#include <chrono>
#include <cstdio>
#include <string>

#include "base/json_out.h"
#include "ingest/archive_read.h"

namespace latecomer {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kPages = 400;
constexpr int kPostsAPage = 100;

std::string Snowflake(int i) {
  return std::to_string(1400000000000000000 + std::int64_t{i} * 4194304);
}

void AppendPost(std::string& out, int i) {
  JsonObject post(out);
  post.Raw(
      "context_annotations",
      R"([{"domain":{"id":"131","name":"Unified Twitter Taxonomy","description":"A taxonomy of )"
      R"(user interests. "},"entity":{"id":"847900493514891265","name":"Education"}},)"
      R"({"domain":{"id":"66","name":"Interests and Hobbies Category","description":"A grouping)"
      R"( of interests and hobbies entities"},"entity":{"id":"1","name":"Teaching"}}])");
  post.Raw("entities",
           R"({"hashtags":[{"start":0,"end":13,"tag":"unconference"}],"annotations":[{"start":20,)"
           R"("end":27,"probability":0.87,"type":"Place","normalized_text":"Somewhere"}]})");
  post.String("text",
              "#unconference post number " + std::to_string(i) +
                  ": small groups are where I learn, and here is one more sentence about it");
  post.String("created_at", "2021-06-03T10:00:00.000Z").String("id", Snowflake(i));
  post.String("conversation_id", Snowflake(i - i % 7)).String("author_id", std::to_string(i % 50));
  if (i % 7 != 0) {
    post.Raw("referenced_tweets",
             R"([{"type":"replied_to","id":")" + Snowflake(i - i % 7) + R"("}])");
  }
  post.Raw("public_metrics",
           R"({"retweet_count":3,"reply_count":1,"like_count":12,"quote_count":0})");
  post.String("lang", "en").String("source", "Web App").Bool("possibly_sensitive", false).Close();
}

std::string MakePages() {
  std::string out;
  for (int page = 0; page < kPages; ++page) {
    out += R"({"data":[)";
    for (int i = 0; i < kPostsAPage; ++i) {
      if (i > 0) out += ',';
      AppendPost(out, page * kPostsAPage + i);
    }
    out += R"(],"includes":{"users":[)";
    for (int user = 0; user < 50; ++user) {
      if (user > 0) out += ',';
      const std::string number = std::to_string(user);
      out +=
          R"({"id":")" + number + R"(","name":"User )" + number + R"(","username":"user)" + number +
          R"(","description":"teacher, learner, somebody","public_metrics":{"followers_count":10}})";
    }
    out +=
        R"(]},"meta":{"result_count":100},"__twarc":{"url":"https://api.example","version":"2.0",)"
        R"("retrieved_at":"2021-06-04T00:00:00+00:00"}})"
        "\n";
  }
  return out;
}

class Count : public ArchiveSink {
 public:
  bool OnPost(ArchivePost&) override {
    ++posts;
    return true;
  }
  void OnReject(Reject reject) override {
    if (rejects++ == 0) std::fprintf(stderr, "%s\n", reject.reason.c_str());
  }
  void OnProgress(std::uint64_t) override {}
  int posts = 0;
  int rejects = 0;
};

int Main() {
  const std::string pages = MakePages();
  ArchiveOptions options;
  options.name = "bench";
  options.now = 1'800'000'000'000;
  Count count;
  const auto begin = Clock::now();
  const Status read = ReadArchiveBytes(pages, options, count);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (!read || count.rejects > 0 || count.posts != kPages * kPostsAPage) return 1;
  std::printf(R"({"name":"read twarc v2 pages","value":%.6g,"unit":"MB/s","better":"more"})"
              "\n",
              static_cast<double>(pages.size()) / 1e6 / seconds);
  return 0;
}

}  // namespace
}  // namespace latecomer

int main() { return latecomer::Main(); }
