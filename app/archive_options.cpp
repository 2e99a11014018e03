#include "app/archive_options.h"

#include <CLI/CLI.hpp>

#include "app/command.h"
#include "app/setup.h"
#include "ingest/archive.h"

namespace latecomer {

void AddArchiveOptions(CLI::App& command, ArchiveCommandOptions& options) {
  command
      .add_option("--hashtag", options.hashtag,
                  "The hashtag whose conversation it is, with or without #")
      ->required()
      ->type_name("TAG");
  std::string formats = "What the files are, where it cannot be told from them:";
  std::vector<std::string> names;
  for (const ArchiveFormatName& format : ArchiveFormatNames()) {
    formats += "\n  " + std::string(format.name) + ": " + std::string(format.description);
    names.emplace_back(format.name);
  }
  command.add_option("--format", options.format, formats)
      ->check(CLI::IsMember(names))
      ->type_name("FORMAT");
  command
      .add_option("--column", options.columns,
                  "Generic CSV: which column holds a field, as published=\"Created at\"; may be "
                  "given several times")
      ->type_name("FIELD=COLUMN")
      ->take_all();
  command.add_flag("--all", options.all,
                   "Take every post, not only those that carry the hashtag and their threads");
  command
      .add_option("FILE", options.files,
                  "Archives; - is standard input; .gz, .zst and .zip are read")
      ->required();
}

int CheckColumns(const ArchiveCommandOptions& options) {
  for (const std::string& column : options.columns) {
    const std::size_t equals = column.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == column.size()) {
      return Usage("--column \"" + column + "\": not FIELD=COLUMN, as in published=\"Created at\"");
    }
  }
  return kDone;
}

}  // namespace latecomer
