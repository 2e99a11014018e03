// Which Latecomer this is.
#pragma once

#include <string_view>

namespace latecomer {

// The project's version, and for a build from a checkout the commit: "0.1.0 (a1b2c3d)".
std::string_view VersionText();

}  // namespace latecomer
