// latecomer ingest, process, sink, replay: one daemon of several that share their work through
// Kafka.
#include <CLI/CLI.hpp>
#include <memory>

#include "app/command.h"
#include "app/serve.h"

namespace latecomer {
namespace {

struct DaemonCommand {
  const char* name;
  const char* description;
  const char* footer;
  bool DaemonsOptions::*part;
};

constexpr DaemonCommand kDaemons[] = {
    {"ingest", "Read the sources into the stream; one daemon of several",
     "Each source is read by one `ingest` at a time; start as many as you like, and another one "
     "takes over where one ends. A broker that is away is waited for.",
     &DaemonsOptions::ingest},
    {"process", "Build the timelines; one daemon of several",
     "Processors share the partitions of `posts`: start as many as there are partitions. One that "
     "ends is taken over from; nothing is lost or doubled. [processor] workers sets how many "
     "threads a process has. A broker that is away is waited for.",
     &DaemonsOptions::process},
    {"sink", "Move the timelines into the store; one daemon of several",
     "Sinks share the partitions of `timelines`: start as many as there are partitions. [sink] "
     "workers sets how many threads, each with a connection of its own, a process has. A broker or "
     "database that is away is waited for.",
     &DaemonsOptions::sink},
    {"replay", "Serve the page, the API and the replays from the store; one daemon of several",
     "Reads the store only: start as many as you like. While the database is away requests are "
     "answered with 503 and Retry-After.",
     &DaemonsOptions::replay},
};

void AddDaemon(CLI::App& app, const DaemonCommand& daemon, int& exit_code) {
  CLI::App* command = app.add_subcommand(daemon.name, daemon.description);
  auto options = std::make_shared<ServeOptions>();
  AddCommonOptions(*command, options->common);
  AddServeOptions(*command, *options);
  command->footer(std::string(daemon.footer) +
                  "\nSIGTERM or Ctrl-C stops it within a second or two, with everything committed "
                  "or untouched. SIGHUP reads the settings again.");
  command->callback([options, &daemon, &exit_code] {
    DaemonsOptions daemons;
    daemons.*daemon.part = true;
    daemons.command = std::string("latecomer ") + daemon.name;
    exit_code = Serve(*options, std::move(daemons));
  });
}

}  // namespace

void AddDaemons(CLI::App& app, int& exit_code) {
  for (const DaemonCommand& daemon : kDaemons) AddDaemon(app, daemon, exit_code);
}

}  // namespace latecomer
