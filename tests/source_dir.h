// Where the checkout lies, for tests that read files of the project.
#pragma once

#include <filesystem>

namespace latecomer {

// Stands in a file of its own so that no other object holds the checkout's path, and the compiler
// cache serves every checkout.
std::filesystem::path SourceDir();

}  // namespace latecomer
