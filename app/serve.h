// The life of a daemon's process, from its options to its exit code.
#pragma once

#include <string>

#include "app/daemons.h"
#include "app/setup.h"

namespace latecomer {

struct ServeOptions {
  CommonOptions common;
  std::string instance;  // --instance
  std::string admin;     // --admin
  bool until_idle = false;
};

// Adds --instance and --admin.
void AddServeOptions(CLI::App& command, ServeOptions& options);

// Runs the daemons until a signal, a failure or, where it is asked for, idleness.
int Serve(const ServeOptions& options, DaemonsOptions daemons);

}  // namespace latecomer
