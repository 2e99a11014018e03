#include "config/setting_value.h"

#include <algorithm>
#include <cstdio>

#include "model/hashtag.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

std::string Name(const SettingRow& row) { return "`" + SettingName(row.section, row.key) + "`"; }

// Milliseconds of "6h"; of "100ms" too where the type allows it.
std::optional<std::int64_t> Milliseconds(std::string_view text, SettingType type) {
  if (type == SettingType::kPause && text.ends_with("ms")) {
    // As seconds it has the same digits.
    const auto seconds = ParseDuration(std::string(text.substr(0, text.size() - 2)) + "s");
    if (!seconds) return std::nullopt;
    return *seconds / 1000;
  }
  return ParseDuration(text);
}

std::string WrittenDuration(std::int64_t ms) {
  for (const auto& [unit, name] : {std::pair<std::int64_t, const char*>{86'400'000, "d"},
                                   {3'600'000, "h"},
                                   {60'000, "m"},
                                   {1'000, "s"}}) {
    if (ms % unit == 0) return std::to_string(ms / unit) + (ms == 0 ? "s" : name);
  }
  return std::to_string(ms) + "ms";
}

class ValueReader {
 public:
  ValueReader(const SettingRow& row, const std::filesystem::path& folder,
              const MistakeSink& mistake, SettingValue& value)
      : row_(row), folder_(folder), mistake_(mistake), value_(value) {}

  bool Read(const toml::node& node) {
    switch (row_.type) {
      case SettingType::kText:
      case SettingType::kPath:
      case SettingType::kHashtag:
        return Text(node, value_.text);
      case SettingType::kTexts:
      case SettingType::kHashtags:
        return Texts(node);
      case SettingType::kOneOrMore:
        return OneOrMore(node);
      case SettingType::kFlag:
        return Flag(node);
      case SettingType::kInteger:
        return Integer(node);
      case SettingType::kDuration:
      case SettingType::kPause:
        return Duration(node);
      case SettingType::kTime:
        return Time(node);
    }
    return false;
  }

 private:
  bool Wrong(const toml::node& node, const std::string& what) {
    mistake_(node, Name(row_) + " " + what);
    return false;
  }
  bool WrongType(const toml::node& node, std::string_view wanted) {
    return Wrong(node,
                 "must be " + std::string(wanted) + ", not " + std::string(NodeTypeName(node)));
  }

  bool Text(const toml::node& node, std::string& out) {
    const auto* string = node.as_string();
    if (string == nullptr) return WrongType(node, "a text in quotes");
    const std::string& text = string->get();
    if (HasControl(text)) return Wrong(node, "contains a control character");
    if (!row_.choices.empty() &&
        std::find(row_.choices.begin(), row_.choices.end(), text) == row_.choices.end()) {
      return Wrong(node, "is \"" + Sample(text, 60) + "\", but must be one of " + Choices());
    }
    if (row_.check != nullptr) {
      if (const auto wrong = row_.check(text)) return Wrong(node, *wrong);
    }
    if (row_.type == SettingType::kHashtag || row_.type == SettingType::kHashtags) {
      return Hashtag(node, text, out);
    }
    out = row_.type == SettingType::kPath ? (folder_ / text).lexically_normal().string() : text;
    return true;
  }

  bool Hashtag(const toml::node& node, std::string_view text, std::string& out) {
    Result<std::string> folded = FoldHashtag(text);
    if (!folded) return Wrong(node, "is no hashtag: " + folded.error().message);
    out = *std::move(folded);
    constexpr std::string_view kFullWidthSign = "\xEF\xBC\x83";
    if (text.starts_with('#')) text.remove_prefix(1);
    if (text.starts_with(kFullWidthSign)) text.remove_prefix(kFullWidthSign.size());
    value_.written = text;
    return true;
  }

  bool Texts(const toml::node& node) {
    const toml::array* array = node.as_array();
    if (array == nullptr) return WrongType(node, "a list of texts: [\"…\", \"…\"]");
    bool right = true;
    for (const toml::node& item : *array) {
      std::string text;
      if (!Text(item, text)) {
        right = false;
      } else if (std::find(value_.texts.begin(), value_.texts.end(), text) != value_.texts.end()) {
        right = Wrong(item, "names \"" + Sample(text, 60) + "\" twice");
      } else {
        value_.texts.push_back(std::move(text));
      }
    }
    return right;
  }

  bool OneOrMore(const toml::node& node) {
    if (node.is_array()) return Texts(node);
    if (!node.is_string()) return WrongType(node, "a text in quotes, or a list of texts");
    return Text(node, value_.texts.emplace_back());
  }

  bool Flag(const toml::node& node) {
    const auto* flag = node.as_boolean();
    if (flag == nullptr) return WrongType(node, "true or false");
    value_.number = flag->get() ? 1 : 0;
    return true;
  }

  bool Integer(const toml::node& node) {
    const auto* integer = node.as_integer();
    if (integer == nullptr) return WrongType(node, "an integer");
    value_.number = integer->get();
    if (value_.number >= row_.number_min && value_.number <= row_.number_max) return true;
    return Wrong(node, "must be from " + std::to_string(row_.number_min) + " to " +
                           std::to_string(row_.number_max));
  }

  bool Duration(const toml::node& node) {
    const bool pause = row_.type == SettingType::kPause;
    const std::string form = pause ? "a number and ms, s, m, h or d in quotes (\"100ms\")"
                                   : "a number and s, m, h or d in quotes (\"6h\")";
    const auto* string = node.as_string();
    if (string == nullptr) return WrongType(node, form);
    const auto ms = Milliseconds(string->get(), row_.type);
    if (!ms) return Wrong(node, "is \"" + Sample(string->get(), 60) + "\", but must be " + form);
    if (*ms < row_.number_min || *ms > row_.number_max) {
      return Wrong(node, "must be from " + WrittenDuration(row_.number_min) + " to " +
                             WrittenDuration(row_.number_max));
    }
    value_.number = *ms;
    return true;
  }

  bool Time(const toml::node& node) {
    constexpr std::string_view kForm =
        "a date-time with its offset, without quotes "
        "(2011-04-29T09:00:00-05:00)";
    const auto* time = node.as_date_time();
    if (time == nullptr) return WrongType(node, kForm);
    const toml::date_time& at = time->get();
    if (!at.offset) {
      return Wrong(node, "needs an offset from UTC: Z, or as in 2011-04-29T09:00:00-05:00");
    }
    const int offset = at.offset->minutes;
    char text[64];
    std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03u%c%02d:%02d",
                  static_cast<int>(at.date.year), static_cast<int>(at.date.month),
                  static_cast<int>(at.date.day), static_cast<int>(at.time.hour),
                  static_cast<int>(at.time.minute), static_cast<int>(at.time.second),
                  static_cast<unsigned>(at.time.nanosecond / 1'000'000), offset < 0 ? '-' : '+',
                  std::abs(offset) / 60, std::abs(offset) % 60);
    const auto ms = ParseTime(text);
    if (!ms) return Wrong(node, "lies outside the years 1 to 9999");
    value_.number = *ms;
    return true;
  }

  std::string Choices() const {
    std::string out;
    for (std::size_t i = 0; i < row_.choices.size(); ++i) {
      if (i > 0) out += i + 1 == row_.choices.size() ? " or " : ", ";
      out += "\"" + std::string(row_.choices[i]) + "\"";
    }
    return out;
  }

  const SettingRow& row_;
  const std::filesystem::path& folder_;
  const MistakeSink& mistake_;
  SettingValue& value_;
};

}  // namespace

bool ReadSettingValue(const SettingRow& row, const toml::node& node,
                      const std::filesystem::path& folder, const MistakeSink& mistake,
                      SettingValue& value) {
  return ValueReader(row, folder, mistake, value).Read(node);
}

std::string_view NodeTypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a section";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text in quotes";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a point";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
      return "a date without time";
    case toml::node_type::time:
      return "a time without date";
    case toml::node_type::date_time:
      return "a date-time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

}  // namespace latecomer
