// The log of a daemon: spdlog on stderr. Post bodies, tokens and personal data are never logged.
#pragma once

#include <spdlog/spdlog.h>

#include <string>

namespace latecomer {

// Sets up the process's log once, at start: human-readable on a terminal, one JSON object a line
// elsewhere if `json`. `level` is spdlog's name ("info", "debug", "warn").
void SetUpLog(const std::string& level, bool json);

}  // namespace latecomer
