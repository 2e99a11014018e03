// A source of one or two Jetstreams, and of the AppView beside them, in simulated time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/ingest/bluesky_harness.h"
#include "tests/ingest/jetstream_server.h"

namespace latecomer::test {

class JetstreamFixture {
 public:
  explicit JetstreamFixture(int hosts = 1) : servers(static_cast<std::size_t>(hosts)), context({}) {
    HttpClientSettings settings = LoopbackSettings();
    settings.clock = [this] { return clock_.load(); };
    client_ = Client(settings);
    context.client = client_.get();
    SourceSpec& spec = context.mutable_spec();
    spec.name = "jet";
    spec.kind = "jetstream";
    spec.hashtags = {{"educhat", "EduChat", {}}, {"mathed", "", {}}};
    std::string base;
    for (const JetstreamServer& server : servers)
      base += (base.empty() ? "" : " ") + server.WsUrl();
    spec.options = {{"base", base}};
    context.on_wait = [this] {
      context.now += step_ms;
      Tick();
      if (context.now >= until) context.RequestStop();
    };
    network.needs_session = false;
  }

  void Tick() {
    clock_ = context.now;
    network.now = context.now;
    for (JetstreamServer& server : servers) server.now = context.now;
  }
  void Pass(std::chrono::milliseconds time) {
    context.now += time.count();
    Tick();
  }
  void Add(const JetstreamServer::Event& event) {
    for (JetstreamServer& server : servers) server.Add(event);
  }
  // A post at the present, in the stream and in the network of the AppView.
  std::string Say(const std::string& who, const std::string& text,
                  const std::vector<std::string>& tags, const std::string& parent = "") {
    const std::string uri = network.Say(who, text, tags, parent);
    Emit(uri, "create");
    return uri;
  }
  void Emit(const std::string& uri, const std::string& operation) {
    const BlueskyNetwork::Record& record = network.At(uri);
    Add({context.now * 1'000 + ++number_ % 900, record.did, operation, record.rkey,
         "rev" + std::to_string(number_), record.Cid(), record.Json(), ""});
  }
  void Change(const std::string& uri, const std::string& text) {
    network.Change(uri, text);
    Emit(uri, "update");
  }
  void Delete(const std::string& uri) {
    network.Delete(uri);
    Emit(uri, "delete");
  }
  Status Run(bool once = true) {
    context.ForgetStop();
    context.mutable_spec().once = once;
    // On a network of this size somebody always says something.
    if (once) Add({context.now * 1'000, DidOf("zoe"), "delete", "3knone", "rev", "", "", ""});
    auto source = MakeSource(context.spec());
    if (!source) return source.error();
    return (*source)->Run(context);
  }
  std::string WithAppView() {
    std::string& base = context.mutable_spec().options["base"];
    return base += " " + network.Base();
  }

  std::vector<JetstreamServer> servers;
  BlueskyNetwork network;
  KeepingContext context;
  TimeMs until = kTimeMsMax;
  std::int64_t step_ms = 0;

 private:
  std::atomic<TimeMs> clock_{1'700'000'000'000};
  std::unique_ptr<HttpClient> client_;
  int number_ = 0;
};

}  // namespace latecomer::test
