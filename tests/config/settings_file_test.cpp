// config/latecomer.toml documents every setting with its default: here it is compared with the
// table of settings, and read.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include "config/setting_table.h"
#include "config/settings.h"
#include "tests/source_dir.h"

namespace latecomer {
namespace {

std::string ShippedFile() {
  std::ifstream in(SourceDir() / "config/latecomer.toml");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// A description as comment lines of at most 100 columns.
std::string Commented(std::string_view text) {
  std::string out;
  std::string line = "#";
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    if (line.size() + 1 + word.size() > 100) {
      out += line + "\n";
      line = "#";
    }
    line += " " + word;
  }
  return out + line + "\n";
}

// The file as the table of settings has it. `#key = value` is a setting that may be uncommented.
std::string RenderedFile() {
  std::string out =
      "# Settings of Latecomer. Each is shown with its default, or with an example where it has "
      "none.\n"
      "# To change one, remove the `#` before it. Relative paths start at the folder of this "
      "file.\n"
      "# `latecomer check-config -c FILE` names every mistake.\n";
  for (const SettingSection& section : SettingSections()) {
    const std::string name(section.name);
    if (!name.empty()) {
      out += "\n" + Commented(section.description);
      if (section.repeated) {
        out += "#[[" + name + "]]\n";
      } else {
        out += "[" + name + "]\n";
      }
    }
    if (section.open) out += "# \"security.protocol\" = \"SASL_SSL\"\n";
    for (const SettingRow& row : SettingRows()) {
      if (row.section != section.name) continue;
      const std::string_view value = row.standard.empty() ? row.example : row.standard;
      out += "\n" + Commented(row.description);
      out += "#" + std::string(row.key) + " = " + std::string(value) + "\n";
    }
  }
  return out;
}

std::string Uncommented(const std::string& toml) {
  std::string out;
  std::istringstream lines(toml);
  for (std::string line; std::getline(lines, line);) {
    const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    out += (setting ? line.substr(1) : line) + "\n";
  }
  return out;
}

void CheckNoMistakes(const ReadSettingsOutcome& outcome) {
  for (const SettingsMistake& mistake : outcome.mistakes) BOOST_ERROR(FormatMistake(mistake));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(settings_file)

BOOST_AUTO_TEST_CASE(says_what_the_table_says) {
  const std::string expected = RenderedFile();
  BOOST_TEST((ShippedFile() == expected), "config/latecomer.toml should be:\n" << expected);
}

BOOST_AUTO_TEST_CASE(is_the_defaults_as_shipped) {
  const ReadSettingsOutcome outcome =
      ReadSettingsFile((SourceDir() / "config/latecomer.toml").string());
  CheckNoMistakes(outcome);
  BOOST_TEST((outcome.settings == Settings{}));
}

BOOST_AUTO_TEST_CASE(is_the_defaults_uncommented) {
  const ReadSettingsOutcome outcome =
      ReadSettingsText(Uncommented(ShippedFile()), "/etc/latecomer/latecomer.toml");
  CheckNoMistakes(outcome);
  Settings settings = outcome.settings;
  BOOST_REQUIRE(settings.hashtags.size() == 1);
  BOOST_TEST(settings.hashtags[0].gap_ms == kDefaultGapMs);
  BOOST_TEST(settings.hashtags[0].events.size() == 1U);
  BOOST_REQUIRE(settings.sources.size() == 1);
  BOOST_TEST(settings.sources[0].options.at("path") == "/etc/latecomer/inbox");
  BOOST_TEST(settings.ingest.ca_file == "/etc/latecomer/ca.pem");
  settings.ingest = {};
  settings.hashtags.clear();
  settings.sources.clear();
  BOOST_TEST((settings == Settings{}));
}

BOOST_AUTO_TEST_CASE(every_setting_is_described) {
  for (const SettingRow& row : SettingRows()) {
    BOOST_TEST_CONTEXT(SettingName(row.section, row.key)) {
      BOOST_TEST((FindSettingSection(row.section) != nullptr));
      BOOST_TEST(row.description.ends_with('.'));
      BOOST_TEST((row.standard.empty() != row.example.empty()));
      BOOST_TEST((!row.required || row.standard.empty()));
      BOOST_TEST((row.store != nullptr));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
