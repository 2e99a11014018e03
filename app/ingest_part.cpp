#include "app/ingest_part.h"

#include <algorithm>

#include "app/http_setup.h"
#include "app/loop_metrics.h"
#include "app/setup.h"
#include "base/log.h"
#include "ingest/ingest_loop.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

void CollectSource(MetricFamilies& out, const SourceStatus& source) {
  const MetricLabels labels = {{"source", source.name}, {"kind", source.kind}};
  const SourceCounters& counters = *source.counters;
  out.Counter("latecomer_source_posts_total", "Posts written, one under each hashtag.", labels,
              Number(counters.posts));
  out.Counter("latecomer_source_rejects_total", "What came and could not be understood.", labels,
              Number(counters.rejects));
  out.Counter("latecomer_source_requests_total", "Requests sent.", labels,
              Number(counters.requests));
  out.Counter("latecomer_source_received_bytes_total", "Bytes received.", labels,
              Number(counters.bytes));
  out.Counter("latecomer_source_duplicates_total",
              "Posts seen and not written, since they were written before.", labels,
              Number(counters.duplicates));
  out.Counter("latecomer_source_waits_total", "Waits for a rate limit, or as the server asked.",
              labels, Number(counters.waits));
  out.Counter("latecomer_source_wait_seconds_total", "Time spent in these waits.", labels,
              Number(counters.wait_ms) / 1000);
  out.Counter("latecomer_source_batches_total", "Transactions committed.", labels,
              Number(counters.batches));
  out.Counter("latecomer_source_batches_again_total", "Transactions that were tried again.", labels,
              Number(counters.batches_again));
  out.Counter("latecomer_source_starts_total", "Times that it was started.", labels,
              Number(counters.starts));
  out.Counter("latecomer_source_failures_total", "Times that it failed.", labels,
              Number(counters.failures));
  out.Gauge("latecomer_source_requests_left",
            "Requests still needed before all that is there now has been read, as far as known.",
            labels, Number(counters.left));
  if (const TimeMs until = counters.read_until; until != 0) {
    out.Gauge("latecomer_source_read_until_timestamp_seconds",
              "The time up to which everything has been pulled.", labels,
              static_cast<double>(until) / 1000);
    out.Gauge("latecomer_source_lag_seconds",
              "How far behind now that is: what is newer has not been asked for yet.", labels,
              static_cast<double>(std::max<TimeMs>(Now() - until, 0)) / 1000);
  }
  MetricLabels with = labels;
  with.emplace_back("state", SourceStateName(source.state));
  out.Gauge("latecomer_source_state", "1, with the state that the source is in.", with, 1);
}

// What has been used of each host.
void CollectHosts(MetricFamilies& out, const HttpClient& http) {
  for (const auto& [host, tally] : http.Hosts()) {
    const MetricLabels labels = {{"host", host}};
    out.Counter("latecomer_http_requests_total", "Requests sent, redirects and retries too.",
                labels, Number(tally->requests));
    out.Counter("latecomer_http_connections_total", "Connections opened.", labels,
                Number(tally->connections));
    out.Counter("latecomer_http_received_bytes_total", "Bytes received.", labels,
                Number(tally->bytes));
    const std::pair<const char*, const std::atomic<std::uint64_t>*> answers[] = {
        {"2xx", &tally->status_2xx}, {"3xx", &tally->status_3xx}, {"4xx", &tally->status_4xx},
        {"429", &tally->status_429}, {"5xx", &tally->status_5xx}, {"none", &tally->failures}};
    for (const auto& [status, count] : answers) {
      MetricLabels with = labels;
      with.emplace_back("status", status);
      out.Counter("latecomer_http_answers_total",
                  "Answers by status (4xx without 429; none: no answer, or a part of it).", with,
                  Number(*count));
    }
    out.Counter("latecomer_http_retries_total", "Requests that were sent again.", labels,
                Number(tally->retries));
    out.Counter("latecomer_http_waits_total", "Waits for a limit, or after failures.", labels,
                Number(tally->waits));
    out.Counter("latecomer_http_wait_seconds_total", "Time spent in these waits.", labels,
                Number(tally->wait_ms) / 1000);
  }
}

}  // namespace

IngestPart::IngestPart(PartContext context, bool once) : context_(std::move(context)), once_(once) {
  Result<std::unique_ptr<HttpClient>> http = HttpClientFor(*context_.settings);
  if (http) {
    http_ = std::move(*http);
  } else {
    http_made_ = http.error();
  }
  IngestLoopSettings loop;
  loop.run.http = http_.get();
  loop.instance =
      context_.settings->stream.kind == "embedded" ? "ingest" : context_.instance + "-ingest";
  loop_ = std::make_unique<IngestLoop>(*context_.stream, SourceSpecs(*context_.settings, once_),
                                       std::move(loop));
}

std::vector<SourceSpec> SourceSpecs(const Settings& settings, bool once) {
  std::vector<SourceSpec> specs;
  for (const SourceSettings& source : settings.sources) {
    SourceSpec& spec = specs.emplace_back();
    spec.name = source.name;
    spec.kind = source.kind;
    spec.once = once;
    spec.options = source.options;
    std::vector<std::string> hashtags = source.hashtags;
    if (hashtags.empty()) {
      for (const HashtagSettings& all : settings.hashtags) hashtags.push_back(all.hashtag);
    }
    for (const std::string& name : hashtags) {
      const HashtagSettings found = settings.ForHashtag(name);
      spec.hashtags.push_back({found.hashtag, found.display, found.aliases});
    }
  }
  return specs;
}

IngestPart::~IngestPart() = default;

Status IngestPart::Start() {
  if (!http_made_) return http_made_;
  if (!context_.settings->sources.empty()) Launch();
  started_ = true;
  return {};
}

void IngestPart::Launch() {
  if (launched_.exchange(true)) return;
  context_.crew.Launch(name(),
                       [this](std::stop_token stop) { return loop_->Run(std::move(stop)); });
}

void IngestPart::Reload(const SharedSettings& settings) {
  context_.settings = settings;
  loop_->Reload(SourceSpecs(*settings, once_));
  if (started_ && !settings->sources.empty()) Launch();
}

Status IngestPart::Probe() {
  const Result<std::int64_t> end = context_.stream->EndOffset({kCursorsTopic, 0});
  return end ? Status() : end.error();
}

Result<bool> IngestPart::HasCaughtUp() const {
  if (!started_) return false;
  if (!launched_) return true;
  if (!loop_->IsIdle()) return false;
  for (const SourceStatus& source : loop_->Sources()) {
    if (source.state == SourceState::kGivenUp) {
      return Fatal("source " + source.name + ": " + source.message);
    }
  }
  return true;
}

void IngestPart::Report(HealthReport& report) const {
  if (!launched_) return;
  ReportHeartbeat(report, name(), loop_->heartbeat());
  ReportOutage(report, name(), loop_->outage());
}

void IngestPart::Collect(MetricFamilies& out) const {
  const MetricLabels labels = {{"role", name()}, {"worker", "0"}};
  CollectGroup(out, labels, loop_->counters());
  CollectOutage(out, labels, loop_->outage());
  if (launched_) CollectHeartbeat(out, labels, loop_->heartbeat());
  out.Counter("latecomer_ingest_cut_off_total", "Sources that did not stop in time.", labels,
              Number(loop_->counters().cut_off));
  for (const SourceStatus& source : loop_->Sources()) CollectSource(out, source);
  if (http_) CollectHosts(out, *http_);
}

}  // namespace latecomer
