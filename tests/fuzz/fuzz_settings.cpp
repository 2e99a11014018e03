// Whatever file comes in: it is read or its mistakes are named, each within the file.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/settings.h"
#include "model/utf8.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string toml(reinterpret_cast<const char*>(data), size);
  const latecomer::ReadSettingsOutcome outcome = latecomer::ReadSettingsText(toml, "f.toml");
  const auto lines = static_cast<std::uint32_t>(std::count(toml.begin(), toml.end(), '\n') + 1);
  for (const latecomer::SettingsMistake& mistake : outcome.mistakes) {
    Require(mistake.line >= 1 && mistake.line <= lines + 1);
    Require(!mistake.message.empty() && latecomer::IsValidUtf8(mistake.message));
  }
  if (!outcome.mistakes.empty()) return 0;
  for (const latecomer::HashtagSettings& hashtag : outcome.settings.hashtags) {
    Require(!hashtag.hashtag.empty() && hashtag.gap_ms >= 0);
    for (std::size_t i = 0; i < hashtag.events.size(); ++i) {
      Require(hashtag.events[i].start < hashtag.events[i].end);
      Require(i == 0 || hashtag.events[i - 1].end <= hashtag.events[i].start);
    }
  }
  return 0;
}
