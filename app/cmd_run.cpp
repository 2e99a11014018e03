// latecomer run: all daemons in one process.
#include <CLI/CLI.hpp>
#include <memory>

#include "app/command.h"
#include "app/serve.h"

namespace latecomer {

void AddRun(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "run", "Run everything in one process: build the timelines and replay them");
  auto options = std::make_shared<ServeOptions>();
  AddCommonOptions(*command, options->common);
  AddServeOptions(*command, *options);
  command->add_flag("--until-idle", options->until_idle,
                    "End once every archive source is read and every stage has caught up; nothing "
                    "is served meanwhile");
  command->footer(
      "SIGTERM or Ctrl-C stops it within a second or two; nothing is lost. SIGHUP reads the "
      "settings again. `import` and `forget` may work on the same data directory beside it. For "
      "several processes or machines: `ingest`, `process`, `sink` and `replay`.");
  command->callback([options, &exit_code] {
    DaemonsOptions daemons;
    daemons.ingest = daemons.process = daemons.sink = true;
    daemons.replay = !options->until_idle;
    exit_code = Serve(*options, std::move(daemons));
  });
}

}  // namespace latecomer
