// What a source works with, in memory: a clock that waiting moves, batches that are kept, and
// writes that fail on demand.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ingest/source.h"
#include "model/post_json.h"

namespace latecomer {

class FakeContext final : public SourceContext {
 public:
  explicit FakeContext(SourceSpec spec) : spec_(std::move(spec)) {}

  const SourceSpec& spec() const override { return spec_; }
  std::stop_token stop() const override { return stop_.get_token(); }
  const Cursors& cursors() const override { return cursors_; }
  Status Write(PostBatch& batch) override {
    if (batch.IsEmpty()) return {};
    if (on_write) {
      if (const std::optional<Error> fault = on_write()) return *fault;
    }
    for (const PostBatch::Held& held : batch.held()) Keep(held);
    for (const auto& [key, value] : batch.cursors()) {
      if (value) {
        cursors_.insert_or_assign(key, *value);
      } else {
        cursors_.erase(key);
      }
    }
    ++writes;
    batch.Clear();
    return {};
  }
  SourceCounters& counters() override { return counters_; }
  HttpClient& http() override { return *client; }  // set `client` first
  TimeMs Now() const override { return now; }
  bool WaitFor(std::chrono::milliseconds time) override {
    now += time.count();
    if (on_wait) on_wait();
    return !stopped();
  }

  void RequestStop() { stop_.request_stop(); }
  void ForgetStop() { stop_ = std::stop_source(); }
  // Posts as "HASHTAG ID" or "HASHTAG ID thread", and clears them.
  std::vector<std::string> TakePosts() { return std::exchange(posts, {}); }

  std::vector<std::string> posts;
  std::vector<std::string> rejects;  // their JSON
  HttpClient* client = nullptr;
  int writes = 0;
  TimeMs now = 1'700'000'000'000;
  std::function<std::optional<Error>()> on_write;
  std::function<void()> on_wait;

 private:
  void Keep(const PostBatch::Held& held) {
    if (held.kind == PostBatch::Held::Kind::kReject) {
      rejects.push_back(held.value);
      return;
    }
    if (!reader_.Read(held.value)) {
      posts.push_back("unreadable " + held.value);
      return;
    }
    const auto* post = std::get_if<Post>(&reader_.value());
    if (post == nullptr) return;
    const std::string id = post->id.substr(post->id.rfind('/') + 1);
    posts.push_back(held.key + " " + id + (post->via == Via::kThread ? " thread" : ""));
  }

  SourceSpec spec_;
  std::stop_source stop_;
  Cursors cursors_;
  SourceCounters counters_;
  PostReader reader_;
};

}  // namespace latecomer
