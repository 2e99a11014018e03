// A source X beside the small X, in simulated time.
#pragma once

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "ingest/source_x.h"
#include "tests/ingest/fake_context.h"
#include "tests/ingest/http_harness.h"
#include "tests/ingest/x_test_server.h"

namespace latecomer::test {

inline constexpr TimeMs kXNow = 1'700'000'000'000;

class XBed {
 public:
  explicit XBed(std::map<std::string, std::string, std::less<>> options = {}, bool once = false)
      : server(kXNow) {
    const auto folder = std::filesystem::temp_directory_path();
    token_ = (folder / ("latecomer-x-" + std::to_string(::getpid()))).string();
    std::ofstream(token_) << "secret-token\n";
    spec.name = "x";
    spec.kind = "x";
    spec.hashtags = {{"tag", "Tag", {"alias"}}};
    spec.options = std::move(options);
    spec.options["base"] = server.base();
    spec.options["token_file"] = token_;
    spec.once = once;
    context = std::make_unique<FakeContext>(spec);
    HttpClientSettings settings = LoopbackSettings();
    settings.clock = [this] { return server.now.load(); };
    settings.slow_time = std::chrono::seconds(1);  // an answer that is cut
    client = Client(settings);
    context->client = client.get();
    context->now = server.now;
    context->on_wait = [this] {
      if (before_wait) before_wait();
      server.now = context->now;
      if (context->now >= stop_at) context->RequestStop();
      if (after_wait) after_wait();
    };
  }
  ~XBed() { std::filesystem::remove(token_); }

  // Runs a new source until then (simulated), or until it ends.
  Status RunUntil(TimeMs time) {
    stop_at = time;
    context->ForgetStop();
    Result<std::unique_ptr<Source>> source = MakeXSource(spec);
    if (!source) return source.error();
    return (*source)->Run(*context);
  }
  Status RunFor(TimeMs time) { return RunUntil(context->now + time); }
  // What has been written since, sorted.
  std::vector<std::string> Posts() {
    std::vector<std::string> posts = context->TakePosts();
    std::sort(posts.begin(), posts.end());
    return posts;
  }

  XServer server;
  SourceSpec spec;
  std::unique_ptr<HttpClient> client;
  std::unique_ptr<FakeContext> context;
  TimeMs stop_at = 0;
  std::function<void()> before_wait;
  std::function<void()> after_wait;

 private:
  std::string token_;
};

// As FakeContext names what was written.
inline std::string Tagged(const std::string& id) { return "tag " + id; }
inline std::string InThread(const std::string& id) { return "tag " + id + " thread"; }

inline std::vector<std::string> Sorted(std::vector<std::string> list) {
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace latecomer::test
