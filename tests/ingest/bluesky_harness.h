// A source of the AT network beside its server, in simulated time, and what became of its posts.
#pragma once

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ingest/source.h"
#include "model/post_json.h"
#include "tests/ingest/bluesky_network.h"
#include "tests/ingest/http_harness.h"

namespace latecomer::test {

// Keeps what is written, as values, and how often each version of each post was.
class KeepingContext final : public SourceContext {
 public:
  explicit KeepingContext(SourceSpec spec) : spec_(std::move(spec)) {}

  const SourceSpec& spec() const override { return spec_; }
  std::stop_token stop() const override { return stop_.get_token(); }
  const Cursors& cursors() const override { return cursors_; }
  Status Write(PostBatch& batch) override {
    if (batch.IsEmpty()) return {};
    if (on_write) {
      if (const std::optional<Error> fault = on_write()) return *fault;
    }
    for (const PostBatch::Held& held : batch.held()) {
      if (held.kind == PostBatch::Held::Kind::kReject) {
        rejects.push_back(held.value);
        continue;
      }
      BOOST_REQUIRE(reader_.Read(held.value));
      if (const auto* coverage = std::get_if<Coverage>(&reader_.value())) {
        coverages.push_back(*coverage);
      } else if (const auto* post = std::get_if<Post>(&reader_.value())) {
        Keep(held.key, *post);
      }
    }
    for (const auto& [key, value] : batch.cursors()) {
      if (value) {
        cursors_.insert_or_assign(key, *value);
      } else {
        cursors_.erase(key);
      }
    }
    batch.Clear();
    return {};
  }
  SourceCounters& counters() override { return counters_; }
  HttpClient& http() override { return *client; }
  TimeMs Now() const override { return now; }
  bool WaitFor(std::chrono::milliseconds time) override {
    now += time.count();
    if (on_wait) on_wait();
    return !stop_.stop_requested();
  }
  void RequestStop() { stop_.request_stop(); }
  void ForgetStop() { stop_ = std::stop_source(); }
  SourceSpec& mutable_spec() { return spec_; }

  // "tag" or "thread", "deleted", or "" for what is not there.
  std::string StateOf(const std::string& hashtag, const std::string& uri) const {
    const auto found = posts.find({hashtag, uri});
    if (found == posts.end()) return "";
    bool tagged = false;
    for (const Post& post : found->second) {
      if (post.type == PostType::kTombstone) return "deleted";
      tagged = tagged || post.via == Via::kTag;
    }
    return tagged ? "tag" : "thread";
  }
  // Of the version that counts (contract, section 3).
  std::string ContentOf(const std::string& hashtag, const std::string& uri) const {
    const Post* best = nullptr;
    for (const Post& post : posts.at({hashtag, uri})) {
      const auto fresh = [](const Post& p) { return p.updated ? *p.updated : *p.published; };
      if (best == nullptr || fresh(post) > fresh(*best)) best = &post;
    }
    return best->content;
  }
  std::size_t Records() const {
    std::size_t count = 0;
    for (const auto& [key, versions] : posts) count += versions.size();
    return count;
  }

  std::map<std::pair<std::string, std::string>, std::vector<Post>> posts;  // (hashtag, id)
  std::size_t doubled = 0;  // the same version written again
  std::vector<Coverage> coverages;
  std::vector<std::string> rejects;
  HttpClient* client = nullptr;
  TimeMs now = 1'700'000'000'000;
  std::function<std::optional<Error>()> on_write;
  std::function<void()> on_wait;

 private:
  void Keep(const std::string& key, const Post& post) {
    std::vector<Post>& versions = posts[{key, post.id}];
    for (const Post& version : versions) {
      if (version.type == post.type && version.content == post.content &&
          version.updated == post.updated && version.via == post.via) {
        ++doubled;
      }
    }
    versions.push_back(post);
  }

  SourceSpec spec_;
  std::stop_source stop_;
  Cursors cursors_;
  SourceCounters counters_;
  PostReader reader_;
};

// A file with a secret, gone afterwards.
class SecretOnDisk {
 public:
  explicit SecretOnDisk(const std::string& secret) {
    char name[] = "/tmp/latecomer-secret-XXXXXX";
    const int fd = ::mkstemp(name);
    BOOST_REQUIRE(fd >= 0);
    ::close(fd);
    path = name;
    std::ofstream(path) << secret << "\n";
  }
  ~SecretOnDisk() { ::unlink(path.c_str()); }
  SecretOnDisk(const SecretOnDisk&) = delete;
  SecretOnDisk& operator=(const SecretOnDisk&) = delete;
  std::string path;
};

class BlueskyFixture {
 public:
  BlueskyFixture() : secret(network.password), context(MakeSpec()) {
    HttpClientSettings settings = LoopbackSettings();
    settings.clock = [this] { return network.now.load(); };
    client_ = Client(settings);
    context.client = client_.get();
    context.on_wait = [this] {
      network.now = context.now;
      if (on_wait) on_wait();
      if (context.now >= until_) context.RequestStop();
    };
  }

  SourceSpec MakeSpec() const {
    SourceSpec spec;
    spec.name = "sky";
    spec.kind = "bluesky";
    spec.hashtags = {{"educhat", "EduChat", {}}, {"mathed", "", {}}};
    spec.options = {{"base", network.Base()}, {"handle", "@ana.test"}, {"token_file", secret.path}};
    return spec;
  }

  // Runs for so long in the context's time; what Run gives.
  Status RunFor(std::chrono::milliseconds time) {
    until_ = context.now + time.count();
    return Run();
  }
  // Reads what is there now, to its end.
  Status Once() {
    context.mutable_spec().once = true;
    until_ = kTimeMsMax;
    return Run();
  }
  Status Run() {
    context.ForgetStop();
    Result<std::unique_ptr<Source>> source = MakeSource(context.spec());
    if (!source) return source.error();
    return (*source)->Run(context);
  }
  void Pass(std::chrono::milliseconds time) {
    context.now += time.count();
    network.now = context.now;
  }

  BlueskyNetwork network;
  SecretOnDisk secret;
  KeepingContext context;
  std::function<void()> on_wait;

 private:
  std::unique_ptr<HttpClient> client_;
  TimeMs until_ = kTimeMsMax;
};

}  // namespace latecomer::test
