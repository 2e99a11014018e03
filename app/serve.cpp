#include "app/serve.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>

#include "app/admin_server.h"
#include "app/command.h"
#include "app/metric_families.h"
#include "app/reload.h"
#include "app/service_manager.h"
#include "base/log.h"
#include "base/stop_signals.h"
#include "config/setting_checks.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{50};
constexpr milliseconds kTick{250};

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

std::string Joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "; ") + text;
  return all;
}

AdminAnswer Page(const Daemons& daemons, const std::string& path) {
  AdminAnswer answer;
  if (path == "/metrics") {
    MetricFamilies families;
    daemons.Collect(families);
    families.Counter("latecomer_log_messages_total", "Warnings and errors logged.",
                     {{"level", "warning"}}, static_cast<double>(LoggedWarnings()));
    families.Counter("latecomer_log_messages_total", "Warnings and errors logged.",
                     {{"level", "error"}}, static_cast<double>(LoggedErrors()));
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    answer.body = families.Text();
    return answer;
  }
  if (path != "/healthz" && path != "/readyz") {
    return {404, answer.content_type, "there are /metrics, /healthz and /readyz\n"};
  }
  const HealthReport health = daemons.Health();
  std::vector<std::string> wrong = health.dead;
  if (path == "/readyz") {
    wrong.insert(wrong.end(), health.not_ready.begin(), health.not_ready.end());
  }
  if (wrong.empty()) {
    answer.body = "ok\n";
    return answer;
  }
  answer.status = 503;
  for (const std::string& text : wrong) answer.body += text + "\n";
  return answer;
}

// The admin address that is set, and the default one.
std::pair<std::string, const char*> AdminAddress(const Settings& settings,
                                                 const ServeOptions& options,
                                                 const DaemonsOptions& daemons) {
  std::pair<std::string, const char*> address = {settings.replay.admin, "127.0.0.1:8474"};
  if (!daemons.replay) {
    if (daemons.ingest) address = {settings.ingest.admin, "127.0.0.1:8471"};
    if (daemons.process) address = {settings.processor.admin, "127.0.0.1:8472"};
    if (daemons.sink) address = {settings.sink.admin, "127.0.0.1:8473"};
  }
  if (!options.admin.empty()) address.first = options.admin;
  return address;
}

class Server {
 public:
  Server(const ServeOptions& options, DaemonsOptions daemons, SharedSettings settings)
      : options_(options),
        settings_(std::move(settings)),
        until_idle_(options.until_idle),
        admin_address_(AdminAddress(*settings_, options, daemons)),
        daemons_(settings_, std::move(daemons), [this] { signals_.RequestStop(); }),
        admin_([this](const std::string& path) { return Page(daemons_, path); }) {}

  Status Run() {
    if (Status started = daemons_.Start(); !started) return started;
    if (!until_idle_) {
      if (Status listening = Listen(); !listening) return listening;
    }
    const Status waited = until_idle_ ? WaitUntilIdle() : WaitForStop();
    manager_.Stopping();
    manager_.Status("stops");
    const Status stopped = daemons_.Stop();
    if (daemons_.processor() != nullptr) daemons_.processor()->LogTotals();
    return stopped ? waited : stopped;
  }

  bool HasEnded() { return daemons_.HasEnded(); }

 private:
  Status Listen() {
    const auto& [set, standard] = admin_address_;
    Status listening = admin_.Start(set.empty() ? standard : set);
    if (!listening && set.empty() && listening.error().code == ErrorCode::kConflict) {
      listening = admin_.Start("127.0.0.1:0");
    }
    if (!listening) return listening;
    spdlog::info("metrics and health at http://{}/", admin_.address());
    return {};
  }

  // Until everything is caught up, a signal, or a failure.
  Status WaitUntilIdle() {
    while (!signals_.WaitFor(kLook)) {
      Result<bool> idle = daemons_.IsIdle();
      if (!idle && idle.error().code != ErrorCode::kRetryLater) return idle.error();
      if (idle && *idle) return {};
    }
    return {};
  }

  Status WaitForStop() {
    bool was_alive = true;
    // The service is up once it listens: waiting for a broker is part of its work.
    manager_.Ready();
    while (!signals_.WaitFor(kTick)) {
      const HealthReport health = daemons_.Health();
      const bool is_alive = health.dead.empty();
      if (is_alive) manager_.Alive();
      if (was_alive && !is_alive) spdlog::error("{}", Joined(health.dead));
      was_alive = is_alive;
      const bool is_ready = is_alive && health.not_ready.empty();
      manager_.Status(is_ready ? "at work" : Joined(is_alive ? health.not_ready : health.dead));
      if (signals_.TakeReload()) Reload();
    }
    return {};
  }

  // A file with mistakes changes nothing.
  void Reload() {
    if (options_.common.config.empty()) {
      spdlog::warn("SIGHUP: there is no file of settings to read again (-c FILE)");
      return;
    }
    manager_.Reloading();
    Apply(ReadSettingsFile(options_.common.config));
    manager_.Ready();
  }

  void Apply(ReadSettingsOutcome read) {
    for (const SettingsMistake& mistake : read.mistakes) {
      spdlog::error("{}", FormatMistake(mistake));
    }
    if (!read.mistakes.empty()) {
      spdlog::error("SIGHUP: the settings hold {} mistakes; nothing has changed",
                    read.mistakes.size());
      return;
    }
    if (!options_.common.data.empty()) read.settings.data = options_.common.data;
    const std::vector<std::string> kept = KeepWhatCannotChange(*settings_, read.settings);
    for (const std::string& name : kept) {
      spdlog::warn("SIGHUP: `{}` has changed, and needs a restart", name);
    }
    const auto fresh = std::make_shared<const Settings>(std::move(read.settings));
    SetLogLevel(fresh->log.level);
    if (*fresh != *settings_) daemons_.Reload(fresh);
    settings_ = fresh;
    spdlog::info("SIGHUP: the settings have been read again: {} hashtags, {} sources",
                 fresh->hashtags.size(), fresh->sources.size());
  }

  const ServeOptions& options_;
  SharedSettings settings_;
  const bool until_idle_;
  const std::pair<std::string, const char*> admin_address_;
  StopSignals signals_{StopSignals::Hangup::kReloads};
  ServiceManager manager_;
  Daemons daemons_;
  AdminServer admin_;  // last: it asks the daemons
};

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

int Serve(const ServeOptions& options, DaemonsOptions daemons) {
  std::optional<Settings> loaded = LoadSettings(options.common);
  if (!loaded) return kWrongUsage;
  if (Status shared = CheckShared(*loaded, daemons); !shared) return Usage(shared.error().message);
  const auto settings = std::make_shared<const Settings>(std::move(*loaded));
  daemons.instance = options.instance.empty() ? InstanceName(*settings) : options.instance;
  daemons.once = options.until_idle;
  LogOptions log;
  log.level = settings->log.level;
  log.format = settings->log.format;
  log.daemon = daemons.command.substr(daemons.command.rfind(' ') + 1);
  log.instance = daemons.instance;
  SetUpLog(log);
  Server server(options, std::move(daemons), settings);
  const Status served = server.Run();
  const int code = served ? kDone : Fail(served.error());
  if (!server.HasEnded()) std::_Exit(code);
  return code;
}

}  // namespace latecomer
