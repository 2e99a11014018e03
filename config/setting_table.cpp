#include "config/setting_table.h"

#include <algorithm>

#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr std::size_t kKeyBytesShown = 60;

// Optimal string alignment distance: insertions, deletions, replacements, neighbours swapped.
std::size_t Distance(std::string_view a, std::string_view b) {
  constexpr std::size_t kBytesMax = 64;
  a = a.substr(0, kBytesMax);
  b = b.substr(0, kBytesMax);
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      const bool same = a[i - 1] == b[j - 1];
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

// The keys of a section, its subsections among them.
std::vector<std::string_view> KeysOf(std::string_view section) {
  std::vector<std::string_view> keys;
  for (const SettingRow& row : SettingRows()) {
    if (row.section == section) keys.push_back(row.key);
  }
  const std::string prefix = section.empty() ? "" : std::string(section) + ".";
  for (const SettingSection& other : SettingSections()) {
    if (other.name.size() <= prefix.size() || !other.name.starts_with(prefix)) continue;
    const std::string_view rest = other.name.substr(prefix.size());
    if (rest.find('.') == rest.npos) keys.push_back(rest);
  }
  return keys;
}

bool NamesSecret(std::string_view key) {
  constexpr std::string_view kSecrets[] = {"token",  "access_token",  "bearer_token", "password",
                                           "secret", "client_secret", "api_key",      "apikey"};
  return std::find(std::begin(kSecrets), std::end(kSecrets), key) != std::end(kSecrets);
}

std::string Heading(const SettingSection& section) {
  const std::string name(section.name);
  if (name.empty()) return "the top of the file";
  return section.repeated ? "[[" + name + "]]" : "[" + name + "]";
}

}  // namespace

const SettingRow* FindSetting(std::string_view section, std::string_view key) {
  const std::span<const SettingRow> rows = SettingRows();
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const SettingRow& row) {
    return row.section == section && row.key == key;
  });
  return found == rows.end() ? nullptr : &*found;
}

const SettingSection* FindSettingSection(std::string_view name) {
  const std::span<const SettingSection> sections = SettingSections();
  const auto found = std::find_if(sections.begin(), sections.end(),
                                  [&](const SettingSection& s) { return s.name == name; });
  return found == sections.end() ? nullptr : &*found;
}

std::string SettingName(std::string_view section, std::string_view key) {
  return section.empty() ? std::string(key) : std::string(section) + "." + std::string(key);
}

std::string UnknownSetting(std::string_view section, std::string_view key) {
  const std::string name = SettingName(section, Sample(key, kKeyBytesShown));
  if (NamesSecret(key)) {
    return "`" + name + "`: secrets do not stand in this file; put it into a file of its own and " +
           "name that file" + (section == "source" ? " with `token_file`" : "");
  }
  const std::vector<std::string_view> known = KeysOf(section);
  const std::string_view nearest = *std::min_element(
      known.begin(), known.end(),
      [&](std::string_view a, std::string_view b) { return Distance(key, a) < Distance(key, b); });
  std::string message = "`" + name + "` is no setting; ";
  if (Distance(key, nearest) > 2) {
    for (const SettingSection& other : SettingSections()) {
      if (FindSetting(other.name, key) != nullptr) {
        return message + "`" + std::string(key) + "` belongs to " + Heading(other);
      }
    }
  }
  return message + "the nearest one is `" + SettingName(section, nearest) + "`";
}

}  // namespace latecomer
