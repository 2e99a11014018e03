// Reads the hashtag sections of twitter-text's conformance file extract.yml: just the YAML that it
// is written in (double-quoted strings, flow lists of strings, block lists of hashtag and indices).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace latecomer {

struct TwitterTextCase {
  std::string description;
  std::string text;
  std::vector<std::string> expected;
  std::vector<std::pair<std::size_t, std::size_t>> indices;  // code points; only where given
};

// The cases of one section; empty if there is none. Throws where a line is not as expected.
std::vector<TwitterTextCase> ReadTwitterText(const std::filesystem::path& file,
                                             const std::string& section);

}  // namespace latecomer
