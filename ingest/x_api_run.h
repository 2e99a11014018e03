// A running X source: what its parts do when.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/result.h"
#include "ingest/request_budget.h"
#include "ingest/revisits.h"
#include "ingest/source.h"
#include "ingest/source_coverage.h"
#include "ingest/x_api_client.h"
#include "ingest/x_api_collector.h"
#include "ingest/x_api_conversations.h"
#include "ingest/x_api_stream.h"
#include "ingest/x_api_tail.h"
#include "ingest/x_api_visits.h"

namespace latecomer {

struct XSourceSettings {
  XApiSettings api;
  bool stream = false;
  std::optional<TimeMs> since;
  std::uint32_t requests_a_day = 0;  // 0: no ceiling
  RevisitPolicy revisits;
};

// The source's context, but that a wait also listens to a stream: X ends one that is not read.
class XListeningContext final : public SourceContext {
 public:
  explicit XListeningContext(SourceContext& inner) : inner_(inner) {}

  const SourceSpec& spec() const override { return inner_.spec(); }
  std::stop_token stop() const override { return inner_.stop(); }
  const Cursors& cursors() const override { return inner_.cursors(); }
  Status Write(PostBatch& batch) override { return inner_.Write(batch); }
  SourceCounters& counters() override { return inner_.counters(); }
  HttpClient& http() override { return inner_.http(); }
  TimeMs Now() const override { return inner_.Now(); }
  bool WaitFor(std::chrono::milliseconds time) override;

  // Takes what has come; false: there is no stream to listen to. Nothing may be in a batch while
  // somebody waits.
  std::function<bool()> listen;

 private:
  SourceContext& inner_;
};

// One thread; run once.
class XRun {
 public:
  XRun(SourceContext& context, const XSourceSettings& settings);

  Status Run();

 private:
  Status Restore();
  Status Step();
  Status OpenStream();
  bool Listen();
  Status TakeLine(std::string& line);
  Status Streamed();
  // A step of `work` that is put off where a limit wants it.
  Status Patiently(TimeMs& not_before, const std::function<Status()>& work);
  bool IsDone() const;
  TimeMs NextDue() const;
  void CountLeft();

  const XSourceSettings settings_;
  XListeningContext context_;
  XEdits edits_;
  XApi api_;
  XConversations conversations_;
  XCollector collector_;
  SourceCoverage coverage_;
  RequestBudget budget_;
  XTail tail_;
  XVisits visits_;
  XStream stream_;
  Status stream_status_;  // of what was done while listening
  std::uint64_t counted_ = 0;
  bool has_polled_ = false;
  bool stream_refused_ = false;
  bool filled_ = false;  // the gap before the stream's beginning
  TimeMs streamed_ = 0;
  TimeMs next_poll_ = 0;
  TimeMs not_before_gap_ = 0;
  TimeMs not_before_visit_ = 0;
};

}  // namespace latecomer
