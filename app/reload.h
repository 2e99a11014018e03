// Reading the settings again while a daemon runs.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace latecomer {

// Makes of `fresh` what a process that began with `running` can take on: the rest is set back, and
// given by name ("stream.brokers"), in the order of the file. It needs a restart.
std::vector<std::string> KeepWhatCannotChange(const Settings& running, Settings& fresh);

}  // namespace latecomer
