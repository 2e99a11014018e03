// A source of Nostr in simulated time, and what it has written.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ingest/http_client.h"
#include "ingest/nostr_id.h"
#include "ingest/nostr_pull.h"
#include "ingest/source_nostr.h"
#include "tests/ingest/fake_context.h"
#include "tests/ingest/http_harness.h"
#include "tests/ingest/nostr_test_relay.h"

namespace latecomer::test {

class NostrHarness {
 public:
  explicit NostrHarness(const std::vector<std::string>& relays,
                        std::map<std::string, std::string, std::less<>> options = {})
      : context(Spec(relays, std::move(options))) {
    HttpClientSettings settings = LoopbackSettings();
    settings.clock = [this] { return clock_.load(); };
    client_ = Client(settings);
    context.client = client_.get();
    context.on_wait = [this] { Waited(); };
  }

  std::unique_ptr<Source> Make() {
    auto source = MakeNostrSource(context.spec());
    BOOST_REQUIRE(source);
    return std::move(*source);
  }

  // Reads all there is, as `fetch` does.
  Status Once() {
    SourceSpec spec = context.spec();
    spec.once = true;
    NotingContext once(*this, spec);
    auto source = MakeNostrSource(spec);
    BOOST_REQUIRE(source);
    return (*source)->Run(once);
  }
  void RunOnce() {
    const Status ended = Once();
    BOOST_REQUIRE_MESSAGE(ended, (ended ? "" : ended.error().message));
  }

  // Runs it; `go_on` is called each time that it waits, and ends it by false.
  void Run(std::function<bool(int)> go_on) {
    int step = 0;
    on_step_ = [&] {
      if (!go_on(++step)) context.RequestStop();
    };
    NotingContext noting(*this, context.spec());
    const Status ended = Make()->Run(noting);
    on_step_ = nullptr;
    context.ForgetStop();
    BOOST_REQUIRE_MESSAGE(ended, (ended ? "" : ended.error().message));
  }

  // Exactly these were written, each once: "HEX", "HEX thread".
  void ExpectPosts(std::vector<std::string> expected) {
    for (std::string& line : expected) {
      line = "educhat " + NostrPostId(line.substr(0, 64)) + line.substr(64);
    }
    std::vector<std::string> written = std::exchange(posts, {});
    std::sort(expected.begin(), expected.end());
    std::sort(written.begin(), written.end());
    BOOST_TEST(written == expected, boost::test_tools::per_element());
  }

  // Why the stretch that is held back is not whole.
  std::string Why() const {
    const auto held = context.cursors().find("coverage educhat");
    if (held == context.cursors().end()) return "";
    std::string text = held->second;
    for (int i = 0; i < 3; ++i) text.erase(0, text.find(' ') + 1);
    return text;
  }
  // All reasons that were ever given.
  std::string WhyEver() const { return whys_ + Why(); }
  std::int64_t Seconds() const { return context.now / 1000; }

  FakeContext context;
  std::vector<std::string> posts;  // "educhat nostr:note1…", and " thread" or " gone"
  std::string names;               // of their authors

 private:
  // The fake context with a spec of its own; what is written is noted.
  class NotingContext final : public SourceContext {
   public:
    NotingContext(NostrHarness& harness, SourceSpec spec)
        : harness_(harness), context_(harness.context), spec_(std::move(spec)) {}
    const SourceSpec& spec() const override { return spec_; }
    std::stop_token stop() const override { return context_.stop(); }
    const Cursors& cursors() const override { return context_.cursors(); }
    Status Write(PostBatch& batch) override {
      const std::vector<PostBatch::Held> held = batch.held();
      Status written = context_.Write(batch);
      if (!written) return written;
      for (const PostBatch::Held& record : held) harness_.Note(record);
      return written;
    }
    SourceCounters& counters() override { return context_.counters(); }
    HttpClient& http() override { return context_.http(); }
    TimeMs Now() const override { return context_.Now(); }
    bool WaitFor(std::chrono::milliseconds time) override { return context_.WaitFor(time); }

   private:
    NostrHarness& harness_;
    FakeContext& context_;
    const SourceSpec spec_;
  };

  void Note(const PostBatch::Held& record) {
    if (record.kind != PostBatch::Held::Kind::kPost || !reader_.Read(record.value)) return;
    if (const auto* coverage = std::get_if<Coverage>(&reader_.value())) {
      if (!coverage->complete) whys_ += coverage->why + "; ";
      return;
    }
    const auto& post = std::get<Post>(reader_.value());
    names += post.attributed_to.name;
    posts.push_back(record.key + " " + post.id +
                    (post.type == PostType::kTombstone ? " gone"
                     : post.via == Via::kThread        ? " thread"
                                                       : ""));
  }

  static SourceSpec Spec(const std::vector<std::string>& relays,
                         std::map<std::string, std::string, std::less<>> options) {
    std::string base;
    for (const std::string& relay : relays) base += (base.empty() ? "" : " ") + relay;
    options["base"] = base;
    return {"n", "nostr", {{"educhat", "EduChat", {}}}, std::move(options), false};
  }

  // Simulated time passes; what is on its way gets some of the real one.
  void Waited() {
    clock_ = context.now;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (on_step_) on_step_();
  }

  std::atomic<TimeMs> clock_{1'700'000'000'000};
  std::unique_ptr<HttpClient> client_;
  PostReader reader_;
  std::string whys_;
  std::function<void()> on_step_;
};

}  // namespace latecomer::test
