// One value of TOML as its row of the table wants it.
#pragma once

#include <toml++/toml.h>

#include <filesystem>
#include <functional>
#include <string>

#include "config/setting_table.h"

namespace latecomer {

// Says what is wrong, and where.
using MistakeSink = std::function<void(const toml::node&, std::string message)>;

// Reads `node` as `row` says. False if there were mistakes, which have been given to `mistake`.
// Relative paths are taken from `folder`.
bool ReadSettingValue(const SettingRow& row, const toml::node& node,
                      const std::filesystem::path& folder, const MistakeSink& mistake,
                      SettingValue& value);

// What a node is, for a person: "a text in quotes".
std::string_view NodeTypeName(const toml::node& node);

}  // namespace latecomer
