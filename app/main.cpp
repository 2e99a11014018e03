// The one executable: `latecomer COMMAND`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <iostream>

#include "app/command.h"
#include "base/log.h"
#include "base/version.h"

namespace {

constexpr latecomer::AddCommand kCommands[] = {
    latecomer::AddRun,      latecomer::AddDaemons,    latecomer::AddFetch,
    latecomer::AddImport,   latecomer::AddPreview,    latecomer::AddExport,
    latecomer::AddHashtags, latecomer::AddSessions,   latecomer::AddConversations,
    latecomer::AddSearch,   latecomer::AddForget,     latecomer::AddMigrate,
    latecomer::AddDoctor,   latecomer::AddCheckConfig};

std::string VersionLine() { return "latecomer " + std::string(latecomer::VersionText()); }

int Main(int argc, char** argv) {
  CLI::App app(
      "Latecomer replays hashtag conversations for those who missed the event.\n"
      "Import an archive, start `latecomer run`, open the address that it prints.");
  app.set_version_flag("--version", VersionLine());
  app.require_subcommand(1);
  app.footer(
      "`latecomer COMMAND --help` explains a command.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage or settings.");
  int exit_code = latecomer::kDone;
  for (const latecomer::AddCommand add : kCommands) add(app, exit_code);
  for (CLI::App* command : app.get_subcommands({})) {
    command->set_version_flag("--version", VersionLine());
  }
  const std::string first = argc > 1 ? argv[1] : "";
  const auto commands = app.get_subcommands({});
  const bool known = std::any_of(commands.begin(), commands.end(), [&](const CLI::App* command) {
    return command->get_name() == first;
  });
  if (!first.empty() && first[0] != '-' && !known) {
    std::cerr << "latecomer: there is no command \"" << first
              << "\"; `latecomer --help` lists them\n";
    return latecomer::kWrongUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error, std::cout, std::cerr);
    return code == 0 ? latecomer::kDone : latecomer::kWrongUsage;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "latecomer: " << error.what() << "\n";
    return latecomer::kFailed;
  }
}
