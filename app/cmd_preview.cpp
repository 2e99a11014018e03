// latecomer preview: the timeline of archives, in memory: no stream, no store.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "app/archive_options.h"
#include "app/command.h"
#include "app/importer.h"
#include "app/setup.h"
#include "app/timeline_text.h"
#include "model/html.h"
#include "model/post_json.h"
#include "model/timeline_collector.h"
#include "model/timeline_json.h"

namespace latecomer {
namespace {

struct PreviewOptions {
  CommonOptions common;
  ArchiveCommandOptions archive;
  std::optional<std::string> gap;
  bool json = false;
};

class Collecting : public RecordSink {
 public:
  explicit Collecting(TimelineCollector& collector) : collector_(collector) {}
  void OnRecord(const TimelineRecord& record) override { collector_.Apply(record); }

 private:
  TimelineCollector& collector_;
};

class Counting : public ArchiveVisitor {
 public:
  Counting(ImportLedger& ledger, RejectSummary& rejects) : ledger_(ledger), rejects_(rejects) {}
  bool OnSelected(PostsValue& value, ArchivePosition) override {
    ledger_.Apply(value);
    return true;
  }
  void OnReject(Reject reject, ArchivePosition) override { rejects_.Add(reject); }
  void OnSkipped(ArchivePosition) override { ++ledger_.counts.skipped; }

 private:
  ImportLedger& ledger_;
  RejectSummary& rejects_;
};

Post ContentOf(const TimelineEntry& entry) {
  Post post;
  if (Status read = ReadContent(entry.record.content, post); !read) {
    throw std::logic_error(read.error().message);  // we wrote it ourselves a moment ago
  }
  return post;
}

void Print(const Timeline& timeline, std::int64_t gap_ms, bool json) {
  const LineSink line = [](std::string_view text) { std::cout << text << '\n'; };
  if (json) {
    WriteTimelineJson(
        timeline, gap_ms, kNone,
        [](const TimelineEntry& entry) { return TextFromHtml(ContentOf(entry).content); }, line);
  } else {
    WriteTimelineText(timeline, ContentOf, line);
  }
}

int Preview(const PreviewOptions& options) {
  const std::optional<Settings> settings = LoadSettings(options.common);
  if (!settings) return kWrongUsage;
  std::optional<HashtagSettings> hashtag = ResolveHashtag(*settings, options.archive.hashtag);
  if (!hashtag) return kWrongUsage;
  if (const int wrong = CheckColumns(options.archive); wrong != kDone) return wrong;
  if (options.gap) {
    const std::optional<std::int64_t> gap = ParseDuration(*options.gap);
    if (!gap) {
      return Usage("--gap \"" + *options.gap +
                   "\": not <integer><s|m|h|d>, as in 6h, of at most 10,000 years");
    }
    hashtag->gap_ms = *gap;
  }
  ImportRequest request;
  request.hashtag = *hashtag;
  request.files = options.archive.files;
  request.format = options.archive.format;
  request.columns = options.archive.columns;
  request.all = options.archive.all;
  request.spool_directory = std::filesystem::temp_directory_path().string();
  ProgressBar progress;
  ImportFiles files(request);
  if (Status read = files.Read(progress, {}); !read) return Fail(read.error());
  progress.Clear();

  TimelineCollector collector(hashtag->hashtag);
  Collecting collecting(collector);
  ImportLedger ledger(*hashtag);
  ledger.SendRecordsTo(&collecting);
  RejectSummary rejects;
  Counting counting(ledger, rejects);
  for (std::size_t i = 0; i < files.selection().files().size(); ++i) {
    const Status read = files.selection().ForEachSelected(i, 0, counting);
    if (!read && files.selection().files()[i].damage.empty()) return Fail(read.error());
  }
  ledger.Finish();
  ledger.counts.rejects = rejects.count();
  Print(Timeline(collector.Take()), hashtag->gap_ms, options.json);
  rejects.Print();
  if (!files.damage().empty()) std::cerr << "latecomer: " << files.damage() << "\n";
  std::cerr << (options.json ? ImportCountsJson(ledger.counts) : ImportCountsText(ledger.counts))
            << "\n";
  return FinishOutput(files.damage().empty() ? kDone : kFailed);
}

}  // namespace

void AddPreview(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("preview", "Show the timeline of archives without storing anything");
  auto options = std::make_shared<PreviewOptions>();
  command->add_option("-c,--config", options->common.config, "Settings (TOML): events and gap")
      ->type_name("FILE");
  AddArchiveOptions(*command, options->archive);
  command
      ->add_option("--gap", options->gap,
                   "The silence that ends a session, as 6h or 90m; wins over the settings")
      ->type_name("TIME");
  command->add_flag("--json", options->json,
                    "One JSON object a line; the counts are the last line on stderr");
  command->callback([options, &exit_code] { exit_code = Preview(*options); });
}

}  // namespace latecomer
