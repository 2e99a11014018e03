// The options of commands that read archives.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace latecomer {

struct ArchiveCommandOptions {
  std::string hashtag;
  std::string format;
  std::vector<std::string> columns;
  bool all = false;
  std::vector<std::string> files;
};

// Adds --hashtag, --format, --column, --all and FILE….
void AddArchiveOptions(CLI::App& command, ArchiveCommandOptions& options);

// kWrongUsage, with a message printed, where a --column is not FIELD=COLUMN; else kDone.
int CheckColumns(const ArchiveCommandOptions& options);

}  // namespace latecomer
