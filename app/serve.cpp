#include "app/serve.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/command.h"
#include "base/log.h"
#include "base/stop_signals.h"
#include "config/setting_checks.h"

namespace latecomer {
namespace {

constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::milliseconds kTick{500};

// Until everything is caught up, a signal, or a failure.
Status WaitUntilIdle(Daemons& daemons, const StopSignals& signals) {
  while (!signals.WaitFor(kLook)) {
    Result<bool> idle = daemons.IsIdle();
    if (!idle && idle.error().code != ErrorCode::kRetryLater) return idle.error();
    if (idle && *idle) return {};
  }
  return {};
}

// A daemon of its own shares its work through Kafka, and the embedded stream is one process's.
Status CheckShared(const Settings& settings, const DaemonsOptions& daemons) {
  const bool all = daemons.ingest && daemons.process && daemons.sink;
  const bool any = daemons.ingest || daemons.process || daemons.sink;
  if (all || !any || settings.stream.kind == "kafka") return {};
  return Invalid("`" + daemons.command +
                 "` is one of several processes that share their work through Kafka, and the "
                 "settings keep the stream in files of one process ([stream] kind = "
                 "\"embedded\"): use `latecomer run`, or set [stream] kind = \"kafka\"");
}

}  // namespace

void AddServeOptions(CLI::App& command, ServeOptions& options) {
  const auto checked = [](std::optional<std::string> (*check)(std::string_view)) {
    return [check](const std::string& text) { return check(text).value_or(""); };
  };
  command
      .add_option(
          "--instance", options.instance,
          "The name of this process among those of its kind, the same after a restart; wins "
          "over the settings' `instance`. Default: the host's name")
      ->type_name("NAME")
      ->check(checked(CheckInstance));
  command
      .add_option("--admin", options.admin,
                  "Where metrics and health are served; wins over the settings' `admin`")
      ->type_name("HOST:PORT")
      ->check(checked(CheckAdmin));
}

int Serve(const ServeOptions& options, DaemonsOptions daemons_options) {
  std::optional<Settings> loaded = LoadSettings(options.common);
  if (!loaded) return kWrongUsage;
  if (Status shared = CheckShared(*loaded, daemons_options); !shared) {
    return Usage(shared.error().message);
  }
  const auto settings = std::make_shared<const Settings>(std::move(*loaded));
  SetUpLog(settings->log.level, isatty(STDERR_FILENO) == 0);
  StopSignals signals;
  daemons_options.instance = options.instance;
  const bool processes = daemons_options.process;
  Daemons daemons(settings, std::move(daemons_options), [&signals] { signals.RequestStop(); });
  if (Status started = daemons.Start(); !started) return Fail(started.error());
  Status waited;
  if (options.until_idle) {
    waited = WaitUntilIdle(daemons, signals);
  } else {
    while (!signals.WaitFor(kTick)) {
    }
  }
  const Status stopped = daemons.Stop();
  if (processes) daemons.processor().LogTotals();
  if (!stopped) return Fail(stopped.error());
  return waited ? kDone : Fail(waited.error());
}

}  // namespace latecomer
