// All settings, each declared once: its place, form, default and description. Reading, checking and
// the documented file config/latecomer.toml go by this table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace latecomer {

enum class SettingType {
  kText,
  kPath,  // relative to the folder of the file of settings
  kFlag,
  kInteger,
  kDuration,   // "6h": `<integer><s|m|h|d>`
  kPause,      // the same, and `<integer>ms`
  kTime,       // an offset date-time
  kTexts,      // a list of texts
  kOneOrMore,  // a text, or a list of them
  kHashtag,    // folded
  kHashtags,   // a list of them
};

// What a setting's value has been read as.
struct SettingValue {
  std::string text;  // kText, kPath, kHashtag (folded)
  std::string written;
  std::int64_t number = 0;  // kInteger; kDuration, kPause, kTime: milliseconds; kFlag: 0 or 1
  std::vector<std::string> texts;  // kTexts, kOneOrMore; kHashtags (folded)
};

// Where values go: the settings, and the entry of a list that is being read.
struct SettingTarget {
  Settings* settings = nullptr;
  HashtagSettings* hashtag = nullptr;
  EventWindow* event = nullptr;
  SourceSettings* source = nullptr;
};

// A setting is found by section and key. The bounds hold for numbers; `choices` and `check` for
// texts (each of a list), before a path is made absolute.
struct SettingRow {
  std::string_view section = {};
  std::string_view key = {};
  SettingType type = SettingType::kText;
  std::string_view standard = {};  // the default in TOML; empty: none
  std::string_view example = {};   // in TOML, shown where there is no default
  std::string_view description = {};
  void (*store)(const SettingTarget&, SettingValue&&) = nullptr;
  bool required = false;
  std::vector<std::string_view> choices = {};
  std::int64_t number_min = 0;
  std::int64_t number_max = 0;
  // What is wrong with a text, as the end of "`key` …"; nothing if it is right.
  std::optional<std::string> (*check)(std::string_view) = nullptr;
};

struct SettingSection {
  std::string_view name;  // "" for the top; "hashtag.event" lies in "hashtag"
  bool repeated = false;  // written [[name]]
  bool open = false;      // its keys are not ours: anything goes
  std::string_view description;
};

std::span<const SettingSection> SettingSections();
std::span<const SettingRow> SettingRows();
std::vector<SettingRow> SourceSettingRows();  // the part of them that is about [[source]]

const SettingRow* FindSetting(std::string_view section, std::string_view key);
const SettingSection* FindSettingSection(std::string_view name);

// "stream.kind"; "data" at the top.
std::string SettingName(std::string_view section, std::string_view key);

// What to say of a key that is no setting: the nearest one in its section, where it belongs if it
// is known elsewhere, or where secrets go.
std::string UnknownSetting(std::string_view section, std::string_view key);

}  // namespace latecomer
