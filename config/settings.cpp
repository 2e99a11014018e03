#include "config/settings.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace latecomer {
namespace {

constexpr std::size_t kFileBytesMax = 1U << 20U;

}  // namespace

HashtagSettings Settings::ForHashtag(const std::string& folded) const {
  for (const HashtagSettings& hashtag : hashtags) {
    if (hashtag.hashtag == folded || std::find(hashtag.aliases.begin(), hashtag.aliases.end(),
                                               folded) != hashtag.aliases.end()) {
      return hashtag;
    }
  }
  HashtagSettings standard;
  standard.hashtag = folded;
  standard.display = folded;
  return standard;
}

ReadSettingsOutcome ReadSettingsFile(const std::string& path) {
  ReadSettingsOutcome outcome;
  const auto fail = [&](const std::string& why) {
    outcome.mistakes.push_back({path, 0, 0, "the settings cannot be read: " + why});
    return outcome;
  };
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(std::strerror(errno));
  std::string toml(kFileBytesMax + 1, '\0');
  in.read(toml.data(), static_cast<std::streamsize>(toml.size()));
  if (in.bad() || (in.gcount() == 0 && !in.eof())) return fail("it is no file, or broken");
  if (static_cast<std::size_t>(in.gcount()) > kFileBytesMax) return fail("longer than 1 MiB");
  toml.resize(static_cast<std::size_t>(in.gcount()));
  return ReadSettingsText(toml, path);
}

std::string FormatMistake(const SettingsMistake& mistake) {
  std::string text = mistake.file + ":";
  if (mistake.line > 0) {
    text += std::to_string(mistake.line) + ":" + std::to_string(mistake.column) + ":";
  }
  return text + " " + mistake.message;
}

}  // namespace latecomer
