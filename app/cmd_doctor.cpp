// latecomer doctor: what works, what does not, and what to do.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/command.h"
#include "app/doctor.h"
#include "app/setup.h"
#include "base/json_out.h"
#include "base/log.h"

namespace latecomer {
namespace {

struct DoctorOptions {
  CommonOptions common;
  bool json = false;
};

const char* StateName(FindingState state) {
  switch (state) {
    case FindingState::kOk:
      return "ok";
    case FindingState::kWarning:
      return "warning";
    case FindingState::kBad:
      break;
  }
  return "failed";
}

void Print(const Finding& finding, bool json) {
  std::string line;
  if (json) {
    JsonObject object(line);
    object.String("what", finding.what).String("state", StateName(finding.state));
    object.String("found", finding.found).String("advice", finding.advice).Close();
  } else {
    line = StateName(finding.state);
    line.resize(9, ' ');
    line += finding.what + ": " + finding.found;
    if (!finding.advice.empty()) line += "\n         " + finding.advice;
  }
  std::cout << line << std::endl;  // each as it is found: what is away takes seconds
}

int Doctor(const DoctorOptions& options) {
  LogOptions log;
  log.level = "off";  // what libraries say of a broker that is away is told as a finding
  SetUpLog(log);
  const std::optional<Settings> settings = LoadSettings(options.common);
  if (!settings) return kWrongUsage;
  bool failed = false;
  const auto tell = [&](const Finding& finding) {
    failed |= finding.state == FindingState::kBad;
    Print(finding, options.json);
  };
  tell({FindingState::kOk, "settings",
        (options.common.config.empty() ? "the defaults" : options.common.config) +
            ": no mistakes, " + std::to_string(settings->hashtags.size()) + " hashtags, " +
            std::to_string(settings->sources.size()) + " sources",
        ""});
  Examine(*settings, tell);
  return failed ? kFailed : kDone;
}

}  // namespace

void AddDoctor(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "doctor", "Look at settings, broker, database and sources, and say what is wrong with each");
  auto options = std::make_shared<DoctorOptions>();
  AddCommonOptions(*command, options->common);
  command->add_flag("--json", options->json, "One JSON object a line");
  command->footer(
      "One line each: ok, warning or failed, what was found and what to do. Changes nothing. Ends "
      "with 0 if nothing failed, else 1; 2 where the settings have mistakes.");
  command->callback([options, &exit_code] { exit_code = FinishOutput(Doctor(*options)); });
}

}  // namespace latecomer
