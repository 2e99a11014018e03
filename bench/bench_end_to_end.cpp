// From an archive to a store that can be searched: `latecomer import` and `latecomer run
// --until-idle`, as a user runs them, durable, in a directory beside this program.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "model/post_json.h"

namespace latecomer {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPosts = 100'000;

const char* const kWords[] = {"learn",  "repair",  "group",   "session", "kettle", "question",
                              "answer", "teacher", "morning", "circle",  "table",  "notes"};

void WriteArchive(const std::filesystem::path& path) {
  std::mt19937 random(5);
  std::ofstream out(path);
  for (std::size_t i = 0; i < kPosts; ++i) {
    Post post;
    post.id = "https://social.example/users/u/statuses/" + std::to_string(i);
    post.published = 1'300'000'000'000 + static_cast<TimeMs>(i) * 2'000;
    post.attributed_to.id = "https://social.example/users/" + std::to_string(random() % 900);
    post.attributed_to.preferred_username = "user" + std::to_string(random() % 900);
    if (i > 0 && random() % 100 < 30) {
      post.type = PostType::kAnnounce;
      post.object = "https://social.example/users/u/statuses/" + std::to_string(random() % i);
    } else {
      post.content = "<p>";
      for (int word = 0; word < 30; ++word) {
        post.content += kWords[random() % 12] + std::to_string(random() % 100) + " ";
      }
      post.content += "</p>";
      if (i > 0 && random() % 100 < 50) {
        post.in_reply_to =
            "https://social.example/users/u/statuses/" + std::to_string(random() % i);
      }
    }
    std::string line;
    AppendPost(line, post);
    out << line << "\n";
  }
}

bool Command(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

// Seconds for import and build together; negative where a command failed.
double Run(const std::string& latecomer, const std::filesystem::path& folder, bool search_index) {
  const std::filesystem::path settings = folder / "latecomer.toml";
  std::ofstream(settings) << "data = \"" << (folder / "data").string() << "\"\n[store]\n"
                          << "search_index = " << (search_index ? "true" : "false") << "\n";
  std::filesystem::remove_all(folder / "data");
  const std::string with = " -c " + settings.string();
  const auto begin = Clock::now();
  const bool done = Command(latecomer + " import" + with + " --hashtag bench " +
                            (folder / "posts.jsonl").string()) &&
                    Command(latecomer + " run" + with + " --until-idle");
  return done ? std::chrono::duration<double>(Clock::now() - begin).count() : -1;
}

int Main(const char* self) {
  const std::filesystem::path here = std::filesystem::path(self).parent_path();
  const char* const named = std::getenv("LATECOMER_BIN");
  const std::string latecomer = named != nullptr ? named : (here / "../latecomer").string();
  const std::filesystem::path folder = here / ("end_to_end." + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  WriteArchive(folder / "posts.jsonl");
  const double with = Run(latecomer, folder, true);
  const double without = Run(latecomer, folder, false);
  std::filesystem::remove_all(folder);
  if (with <= 0 || without <= 0) {
    std::fprintf(stderr, "%s failed\n", latecomer.c_str());
    return 1;
  }
  const char* const form = R"({"name":"%s","value":%.6g,"unit":"posts/s","better":"more"})";
  std::printf(form, "import, build and store, with the search index", kPosts / with);
  std::printf("\n");
  std::printf(form, "import, build and store, without it", kPosts / without);
  std::printf("\n");
  return 0;
}

}  // namespace
}  // namespace latecomer

int main() { return latecomer::Main(std::filesystem::read_symlink("/proc/self/exe").c_str()); }
