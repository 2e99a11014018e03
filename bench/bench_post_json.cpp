// Reading canonical posts, beside a bare RapidJSON SAX loop over the same bytes, both in place and
// with the same scanner; the bare loop checks the encoding, as the reader does in its own way.
#include <rapidjson/reader.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "model/post_json.h"

namespace latecomer {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<std::string> MakeLines(std::size_t count) {
  std::mt19937 random(11);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < count; ++i) {
    Post post;
    post.id = "https://social.example/users/somebody/statuses/" + std::to_string(i);
    post.url = "https://social.example/@somebody/" + std::to_string(i);
    post.published = 1'300'000'000'000 + static_cast<TimeMs>(i) * 1'000;
    post.attributed_to = {"https://social.example/users/somebody", "somebody@social.example",
                          "Some Body", "https://social.example/@somebody",
                          "https://files.social.example/avatars/somebody.png"};
    post.content = "<p>";
    for (unsigned word = 0; word < 40 + random() % 20; ++word) {
      post.content += word % 9 == 8 ? "learn\xC3\xA9 " : "learning ";
    }
    post.content += R"(<a href="https://social.example/tags/unconference">#unconference</a></p>)";
    post.language = "en";
    post.in_reply_to = "https://social.example/users/ana/statuses/" + std::to_string(i / 2);
    post.tag = {{"Hashtag", "https://social.example/tags/unconference", "#unconference"},
                {"Mention", "https://social.example/users/ana", "@ana"}};
    post.source = {"mastodon", "social.example", 1'800'000'000'000};
    std::string line;
    AppendPost(line, post);
    lines.push_back(std::move(line));
  }
  return lines;
}

struct CountStrings : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, CountStrings> {
  bool String(const char*, rapidjson::SizeType length, bool) {
    bytes += length;
    return true;
  }
  std::size_t bytes = 0;
};

double ReadBare(const std::vector<std::string>& lines, std::size_t& bytes) {
  std::vector<char> buffer;
  const auto begin = Clock::now();
  for (const std::string& line : lines) {
    buffer.resize(line.size() + 32);
    std::memcpy(buffer.data(), line.c_str(), line.size() + 1);
    rapidjson::InsituStringStream stream(buffer.data());
    rapidjson::Reader reader;
    CountStrings handler;
    reader.Parse<rapidjson::kParseInsituFlag | rapidjson::kParseValidateEncodingFlag>(stream,
                                                                                      handler);
    bytes += handler.bytes;
  }
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double ReadPosts(const std::vector<std::string>& lines, std::size_t& contents) {
  PostReader reader;
  const auto begin = Clock::now();
  for (const std::string& line : lines) {
    if (!reader.Read(line)) return -1;
    contents += std::get<Post>(reader.value()).content.size();
  }
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

int Main() {
  const std::vector<std::string> lines = MakeLines(200'000);
  std::size_t bytes = 0;
  std::size_t contents = 0;
  const double bare = ReadBare(lines, bytes);
  const double posts = ReadPosts(lines, contents);
  if (posts <= 0 || bytes == 0 || contents == 0 || contents > bytes) return 1;
  const auto count = static_cast<double>(lines.size());
  std::printf(R"({"name":"read a canonical post","value":%.6g,"unit":"posts/s","better":"more",)"
              R"("ratio_to":"bare SAX loop"})"
              "\n",
              count / posts);
  std::printf(R"({"name":"bare SAX loop","value":%.6g,"unit":"posts/s","better":"more"})"
              "\n",
              count / bare);
  return 0;
}

}  // namespace
}  // namespace latecomer

int main() { return latecomer::Main(); }
