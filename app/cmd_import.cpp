// latecomer import: archives into the stream.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/archive_options.h"
#include "app/command.h"
#include "app/importer.h"
#include "app/setup.h"
#include "app/until_there.h"
#include "base/stop_signals.h"

namespace latecomer {
namespace {

struct ImportOptions {
  CommonOptions common;
  ArchiveCommandOptions archive;
  bool json = false;
};

int Report(const ImportOutcome& outcome, bool json) {
  outcome.rejects.Print();
  if (!outcome.damage.empty()) {
    std::cerr << "latecomer: " << outcome.damage << " What stands before that was imported.\n";
  }
  if (outcome.interrupted) std::cerr << "latecomer: interrupted; run it again to resume\n";
  std::cerr << (json ? ImportCountsJson(outcome.counts) : ImportCountsText(outcome.counts)) << "\n";
  return outcome.damage.empty() && !outcome.interrupted ? kDone : kFailed;
}

int Import(const ImportOptions& options) {
  const std::optional<Settings> settings = LoadSettings(options.common);
  if (!settings) return kWrongUsage;
  const std::optional<HashtagSettings> hashtag = ResolveHashtag(*settings, options.archive.hashtag);
  if (!hashtag) return kWrongUsage;
  if (const int wrong = CheckColumns(options.archive); wrong != kDone) return wrong;
  StopSignals signals;
  Result<std::unique_ptr<Stream>> stream = OpenStream(*settings);
  if (!stream) return Fail(stream.error());
  const Status made =
      UntilThere(signals.token(), [&] { return PrepareTopics(**stream, *settings); });
  if (!made) return Fail(made.error());
  ImportRequest request;
  request.hashtag = *hashtag;
  request.files = options.archive.files;
  request.format = options.archive.format;
  request.columns = options.archive.columns;
  request.all = options.archive.all;
  request.spool_directory = SpoolDirectory(*settings);
  ProgressBar progress;
  Result<ImportOutcome> outcome = ImportArchives(**stream, request, progress, signals.token());
  progress.Clear();
  if (!outcome) return Fail(outcome.error());
  return Report(*outcome, options.json);
}

}  // namespace

void AddImport(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "import", "Import archives of posts; `latecomer run` then builds their timeline");
  auto options = std::make_shared<ImportOptions>();
  AddCommonOptions(*command, options->common);
  AddArchiveOptions(*command, options->archive);
  command->add_flag("--json", options->json, "The counts as JSON, as the last line on stderr");
  command->footer(
      "Each file is read once whole before anything is written. An import that was cut off "
      "resumes; "
      "one that is repeated changes nothing.");
  command->callback([options, &exit_code] { exit_code = Import(*options); });
}

}  // namespace latecomer
