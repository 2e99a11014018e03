// latecomer check-config: reports every mistake in the settings at once.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/command.h"
#include "app/setup.h"

namespace latecomer {

void AddCheckConfig(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "check-config", "Report every mistake in the settings at once, with line and column");
  auto file = std::make_shared<std::string>("/etc/latecomer/latecomer.toml");
  command->add_option("-c,--config", *file, "The settings to check")
      ->type_name("FILE")
      ->capture_default_str();
  command->callback([file, &exit_code] {
    CommonOptions options;
    options.config = *file;
    const std::optional<Settings> settings = LoadSettings(options);
    exit_code = settings ? kDone : kWrongUsage;
    if (settings) {
      std::cout << *file << ": no mistakes (" << settings->hashtags.size() << " hashtags, "
                << settings->sources.size() << " sources)\n";
    }
  });
}

}  // namespace latecomer
