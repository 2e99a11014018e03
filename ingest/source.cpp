#include "ingest/source.h"

#include <algorithm>
#include <charconv>

namespace latecomer {
namespace {

constexpr std::size_t kNameBytesMax = 100;

// Writers and rejects of our own bear these names.
constexpr std::string_view kReserved[] = {"import", "forget", "processor"};

Error Wrong(std::string_view option, const std::string& value, const std::string& what) {
  return Invalid("`" + std::string(option) + "` = \"" + value + "\" " + what);
}

}  // namespace

const std::string& SourceSpec::Option(std::string_view option) const {
  static const std::string kNone;
  const auto found = options.find(option);
  return found == options.end() ? kNone : found->second;
}

std::vector<std::string> SourceSpec::OptionList(std::string_view option) const {
  const std::string_view value = Option(option);
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin < value.size();) {
    const std::size_t end = std::min(value.find(' ', begin), value.size());
    if (end > begin) items.emplace_back(value.substr(begin, end - begin));
    begin = end + 1;
  }
  return items;
}

Result<std::optional<TimeMs>> SourceSpec::OptionTime(std::string_view option) const {
  const std::string& value = Option(option);
  if (value.empty()) return std::optional<TimeMs>();
  const std::optional<TimeMs> time = ParseTime(value);
  if (!time) {
    return Wrong(option, value, "is no time; write it as 2026-01-02T00:00:00Z");
  }
  return time;
}

Result<std::optional<std::chrono::milliseconds>> SourceSpec::OptionDuration(
    std::string_view option) const {
  const std::string& value = Option(option);
  if (value.empty()) return std::optional<std::chrono::milliseconds>();
  const std::optional<std::int64_t> duration = ParseDuration(value);
  if (!duration) return Wrong(option, value, "is no duration; write it as 30d, 6h, 10m or 5s");
  return std::optional(std::chrono::milliseconds(*duration));
}

Result<std::int64_t> SourceSpec::OptionNumber(std::string_view option, std::int64_t preset,
                                              std::int64_t least, std::int64_t most) const {
  const std::string& value = Option(option);
  if (value.empty()) return preset;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < least ||
      number > most) {
    return Wrong(
        option, value,
        "is no whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return number;
}

Result<std::optional<bool>> SourceSpec::OptionFlag(std::string_view option) const {
  const std::string& value = Option(option);
  if (value.empty()) return std::optional<bool>();
  if (value != "true" && value != "false") return Wrong(option, value, "is not true or false");
  return std::optional<bool>(value == "true");
}

std::vector<std::string> SourceSpec::KeysOf(const std::vector<std::string>& carried) const {
  const auto carries = [&](const std::string& hashtag) {
    return std::find(carried.begin(), carried.end(), hashtag) != carried.end();
  };
  std::vector<std::string> keys;
  for (const FollowedHashtag& followed : hashtags) {
    if (carries(followed.hashtag) ||
        std::any_of(followed.aliases.begin(), followed.aliases.end(), carries)) {
      keys.push_back(followed.hashtag);
    }
  }
  return keys;
}

Status CheckOptions(const SourceSpec& spec, std::initializer_list<std::string_view> known) {
  for (const auto& [option, value] : spec.options) {
    if (std::find(known.begin(), known.end(), option) != known.end()) continue;
    std::string names;
    for (const std::string_view name : known) {
      names += (names.empty() ? "`" : ", `") + std::string(name) + "`";
    }
    return Invalid("`" + option + "` is nothing that a source of kind \"" + spec.kind +
                   "\" knows; it knows " + names);
  }
  return {};
}

std::vector<SourceFinding> Source::Check(SourceContext&) { return {}; }

Status CheckSourceSpec(const SourceSpec& spec) {
  const bool blank = std::any_of(spec.name.begin(), spec.name.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7F';
  });
  if (spec.name.empty() || spec.name.size() > kNameBytesMax || blank) {
    return Invalid("a source's name has 1 to " + std::to_string(kNameBytesMax) +
                   " bytes without blanks and controls");
  }
  if (std::find(std::begin(kReserved), std::end(kReserved), spec.name) != std::end(kReserved)) {
    return Invalid("this name is Latecomer's own; choose another");
  }
  return {};
}

}  // namespace latecomer
