// What a subcommand is: one file cmd_NAME.cpp, one line in commands.cpp.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace latecomer {

// The exit codes of every command.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

// Adds a subcommand to the command line. When it is chosen, its callback sets `exit_code`.
using AddCommand = void (*)(CLI::App& app, int& exit_code);

void AddRun(CLI::App& app, int& exit_code);
void AddDaemons(CLI::App& app, int& exit_code);  // ingest, process, sink, replay
void AddFetch(CLI::App& app, int& exit_code);
void AddImport(CLI::App& app, int& exit_code);
void AddPreview(CLI::App& app, int& exit_code);
void AddExport(CLI::App& app, int& exit_code);
void AddHashtags(CLI::App& app, int& exit_code);
void AddSessions(CLI::App& app, int& exit_code);
void AddConversations(CLI::App& app, int& exit_code);
void AddSearch(CLI::App& app, int& exit_code);
void AddForget(CLI::App& app, int& exit_code);
void AddMigrate(CLI::App& app, int& exit_code);
void AddDoctor(CLI::App& app, int& exit_code);
void AddCheckConfig(CLI::App& app, int& exit_code);

}  // namespace latecomer
