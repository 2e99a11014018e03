// latecomer run: all daemons in one process on the embedded default.
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/command.h"
#include "app/daemons.h"
#include "app/setup.h"
#include "base/log.h"
#include "base/stop_signals.h"
#include "base/version.h"
#include "replay/server.h"

namespace latecomer {
namespace {

constexpr std::chrono::milliseconds kLook{50};

struct RunOptions {
  CommonOptions common;
  bool until_idle = false;
};

// Until everything is caught up, a signal, or a failure.
Status WaitUntilIdle(Daemons& daemons, const StopSignals& signals) {
  while (!signals.WaitFor(kLook)) {
    Result<bool> idle = daemons.IsIdle();
    if (!idle) return idle.error();
    if (*idle) return {};
  }
  return {};
}

ReplayServerOptions ReplayOptions(const Settings& settings) {
  ReplayServerOptions options;
  options.listen = settings.replay.listen;
  options.base_url = settings.replay.base_url;
  options.hashtags = settings.hashtags;
  options.version = VersionText();
  return options;
}

// Each viewer is a connection: as many files as the system lets us have.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Status Serve(const Settings& settings, const StopSignals& signals) {
  Result<std::unique_ptr<TimelineReadStore>> store = OpenReadStore(settings);
  if (!store) return store.error();
  RaiseFileLimit();
  ReplayServer server(ReplayOptions(settings), **store);
  if (Status started = server.Start(); !started) return started;
  const std::string& listen = settings.replay.listen;
  const std::string host = listen.substr(0, listen.rfind(':'));
  const std::string address =
      server.port() == 0 ? listen : "http://" + host + ":" + std::to_string(server.port()) + "/";
  spdlog::info("replaying at {}", address);
  while (!signals.WaitFor(std::chrono::seconds(1))) {
  }
  server.Stop();
  return {};
}

int Run(const RunOptions& options) {
  const std::optional<Settings> settings = LoadSettings(options.common);
  if (!settings) return kWrongUsage;
  SetUpLog(settings->log.level, isatty(STDERR_FILENO) == 0);
  StopSignals signals;
  Daemons daemons(*settings, [&signals] { signals.RequestStop(); });
  if (Status started = daemons.Start(); !started) return Fail(started.error());
  if (Status started = daemons.StartSources(); !started) return Fail(started.error());
  const Status waited =
      options.until_idle ? WaitUntilIdle(daemons, signals) : Serve(*settings, signals);
  const Status stopped = daemons.Stop();
  const ProcessorCounters& counters = daemons.processed();
  spdlog::info("processed {} posts: {} new, {} changed, {} unchanged, {} forgotten; {} rejects",
               counters.accepted.load(), counters.made.load(), counters.changed.load(),
               counters.unchanged.load(), counters.forgotten.load(), counters.rejects.load());
  if (!stopped) return Fail(stopped.error());
  return waited ? kDone : Fail(waited.error());
}

}  // namespace

void AddRun(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "run", "Run everything in one process: build the timelines and replay them");
  auto options = std::make_shared<RunOptions>();
  AddCommonOptions(*command, options->common);
  command->add_flag("--until-idle", options->until_idle,
                    "End once every archive source is read and every stage has caught up; nothing "
                    "is served meanwhile");
  command->footer(
      "SIGTERM or Ctrl-C stops it within a second or two; nothing is lost. `import` and "
      "`forget` may work on the same data directory beside it.");
  command->callback([options, &exit_code] { exit_code = Run(*options); });
}

}  // namespace latecomer
