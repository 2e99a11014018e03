// The log of a daemon: spdlog on stderr. Post bodies, tokens and personal data are never logged.
#pragma once

#include <spdlog/spdlog.h>

#include <cstdint>
#include <string>

namespace latecomer {

struct LogOptions {
  std::string level = "info";  // spdlog's name, or "off"
  // "human"; "json": one object a line, {"ts","level","daemon","instance","msg"}; "journald": lines
  // that begin with systemd's priority, "<4>"; "auto": human on a terminal, journald where stderr
  // is the journal, else json.
  std::string format = "auto";
  std::string daemon = "latecomer";  // which one of them speaks
  std::string instance;              // and on which machine; empty: left out
};

// Sets up the process's log; once, at start. A warning or error that is said again word for word
// within a minute is not written but counted, and its next line says how often it came meanwhile.
void SetUpLog(const LogOptions& options);
// Any thread, at any time.
void SetLogLevel(const std::string& level);

// Warnings and errors since the start, those that were not written too. Any thread.
std::uint64_t LoggedWarnings();
std::uint64_t LoggedErrors();

}  // namespace latecomer
