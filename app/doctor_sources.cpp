// The sources: whether this version knows them, whether their files can be read, and what comes of
// trying each.
#include <unistd.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "app/crew.h"
#include "app/doctor.h"
#include "app/http_setup.h"
#include "app/ingest_part.h"
#include "ingest/source.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kPatience{45};  // with one source
constexpr milliseconds kWaitMost{15'000};      // in all, for its limits

// What a source works with while it is tried: nothing is remembered and nothing written.
class TrialContext final : public SourceContext {
 public:
  TrialContext(const SourceSpec& spec, HttpClient* http)
      : spec_(spec), http_(http), timer_([this](const std::stop_token& ended) {
          if (latecomer::WaitFor(kPatience, ended)) stop_.request_stop();
        }) {}

  const SourceSpec& spec() const override { return spec_; }
  std::stop_token stop() const override { return stop_.get_token(); }
  const Cursors& cursors() const override { return cursors_; }
  Status Write(PostBatch&) override { return Fatal("nothing is written while a source is tried"); }
  SourceCounters& counters() override { return counters_; }
  HttpClient& http() override { return *http_; }
  TimeMs Now() const override { return latecomer::Now(); }
  bool WaitFor(milliseconds time) override {
    if (waited_ + time > kWaitMost) stop_.request_stop();  // it would be too long
    waited_ += time;
    return latecomer::WaitFor(time, stop_.get_token());
  }

 private:
  const SourceSpec& spec_;
  HttpClient* const http_;
  const Cursors cursors_;
  SourceCounters counters_;
  milliseconds waited_{0};
  std::stop_source stop_;
  std::jthread timer_;  // last: it uses the above
};

FindingState StateOf(SourceFinding::Level level) {
  switch (level) {
    case SourceFinding::Level::kOk:
      return FindingState::kOk;
    case SourceFinding::Level::kWarning:
      return FindingState::kWarning;
    case SourceFinding::Level::kFailure:
      break;
  }
  return FindingState::kBad;
}

void Try(Source& source, const SourceSpec& spec, HttpClient* http, const FindingSink& tell) {
  const std::string what = "source " + spec.name;
  TrialContext context(spec, http);
  try {
    for (const SourceFinding& finding : source.Check(context)) {
      tell({StateOf(finding.level), what, finding.text, ""});
    }
  } catch (const std::exception& error) {
    tell({FindingState::kBad, what, std::string("trying it failed: ") + error.what(), ""});
  }
  if (context.stopped()) {
    tell({FindingState::kWarning, what,
          "trying it was given up: its server takes its time, or wants to be asked later",
          "try again in some minutes"});
  }
}

// Whether it can be tried at all.
bool Prepare(const SourceSpec& spec, const HttpClient* http, const FindingSink& tell) {
  const std::string what = "source " + spec.name;
  for (const char* option : {"path", "token_file"}) {
    const std::string& file = spec.Option(option);
    const bool is_credential = file.find("credential:") != file.npos;
    if (file.empty() || is_credential || access(file.c_str(), R_OK) == 0) continue;
    tell({FindingState::kBad, what, file + " cannot be read by this user",
          "run doctor as the user that runs Latecomer, or mend the file's permissions"});
    return false;
  }
  if (spec.hashtags.empty()) {
    tell({FindingState::kWarning, what, "it is asked for no hashtag",
          "add a [[hashtag]] section, or `hashtags` to the source"});
    return false;
  }
  if (http == nullptr && AsksNetwork(spec.kind)) {
    tell({FindingState::kBad, what, "it asks the network, and nobody can be turned to",
          "set `contact` below [ingest]: a URL or an address of mail"});
    return false;
  }
  tell({FindingState::kOk, what,
        "kind " + spec.kind + ", " + std::to_string(spec.hashtags.size()) + " hashtags", ""});
  return true;
}

}  // namespace

void ExamineSources(const Settings& settings, const FindingSink& tell) {
  Result<std::unique_ptr<HttpClient>> http = HttpClientFor(settings);
  if (!http) {
    return tell({FindingState::kBad, "HTTP client", http.error().message, "mend [ingest]"});
  }
  for (const SourceSpec& spec : SourceSpecs(settings, false)) {
    Result<std::unique_ptr<Source>> source = MakeSource(spec);
    if (!source) {
      tell({FindingState::kBad, "source " + spec.name, source.error().message, "mend its section"});
    } else if (Prepare(spec, http->get(), tell)) {
      Try(**source, spec, http->get(), tell);
    }
  }
}

}  // namespace latecomer
