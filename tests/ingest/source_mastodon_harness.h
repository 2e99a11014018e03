// What the tests of the source begin with: a context that keeps what was written, and hosts that
// are asked over loopback in simulated time.
#pragma once

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ingest/source.h"
#include "model/post_json.h"
#include "tests/ingest/http_harness.h"
#include "tests/ingest/source_mastodon_host.h"

namespace latecomer::test {

class RecordingContext final : public SourceContext {
 public:
  explicit RecordingContext(SourceSpec spec) : spec_(std::move(spec)) {}

  const SourceSpec& spec() const override { return spec_; }
  std::stop_token stop() const override { return stop_.get_token(); }
  const Cursors& cursors() const override { return cursors_; }
  Status Write(PostBatch& batch) override;
  SourceCounters& counters() override { return counters_; }
  HttpClient& http() override { return *client; }
  TimeMs Now() const override { return now; }
  bool WaitFor(std::chrono::milliseconds time) override {
    now += time.count();
    if (on_wait) on_wait();
    return !stopped();
  }

  void RequestStop() { stop_.request_stop(); }
  void ForgetStop() { stop_ = std::stop_source(); }
  SourceSpec& Spec() { return spec_; }

  struct Record {
    std::string key;
    Post post;
  };
  // "HASHTAG TEXT" of each Note's last version by (published, id), " thread" behind it where it is
  // not by tag, " deleted" where a Tombstone was written.
  std::vector<std::string> Timeline() const;
  // How many records say again what an earlier one said.
  std::size_t Doubled() const;

  std::vector<Record> records;
  std::vector<Coverage> coverage;
  std::vector<std::string> rejects;
  HttpClient* client = nullptr;
  TimeMs now = 1'700'000'000'000;
  int writes = 0;
  int writes_max = -1;  // the one after fails, as if the process ended
  std::function<void()> on_wait;

 private:
  SourceSpec spec_;
  std::stop_source stop_;
  Cursors cursors_;
  SourceCounters counters_;
  PostReader reader_;
};

// A spec of the source with these options.
SourceSpec MastodonSpec(std::map<std::string, std::string, std::less<>> options,
                        std::vector<FollowedHashtag> hashtags = {{"educhat", "EduChat", {}}});

// A host behind a server on loopback.
class HostServer {
 public:
  explicit HostServer(MastodonHost::Kind kind);
  MastodonHost& host() { return *host_; }
  std::string Url() const { return server_.Url(""); }
  std::string Authority() const { return server_.Authority(); }
  // Instead of what the host would answer: for streams.
  std::function<bool(const ServedRequest&, Peer&)> instead;

 private:
  void Answer(const ServedRequest& served, Peer& peer);
  TestServer server_;
  std::unique_ptr<MastodonHost> host_;
};

// Hosts, and a client whose time is the context's.
class MastodonFixture {
 public:
  using Options = std::map<std::string, std::string, std::less<>>;
  explicit MastodonFixture(MastodonHost::Kind kind = MastodonHost::Kind::kMastodon,
                           bool once = true, Options options = {});
  ~MastodonFixture();

  // Another instance, which `base` then names too.
  HostServer& Add(MastodonHost::Kind kind);
  // Makes a source and runs it; for at most so long of simulated time, if that is given.
  Status Run(std::chrono::milliseconds most = {});
  std::vector<SourceFinding> Check();
  // Time passes while nothing runs.
  void Pass(std::chrono::milliseconds time);

  // A file with the token, and the first host knows it.
  static constexpr char kToken[] = "secret-token";
  void UseToken();

  std::vector<std::unique_ptr<HostServer>> servers;
  MastodonHost* host = nullptr;  // the first
  std::unique_ptr<RecordingContext> context;
  std::function<void()> on_wait;  // when time has passed

 private:
  void Moved();
  std::atomic<TimeMs> now_{1'700'000'000'000};
  TimeMs until_ = 0;
  std::string token_file_;
  std::unique_ptr<HttpClient> client_;
};

}  // namespace latecomer::test
