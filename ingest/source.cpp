#include "ingest/source.h"

#include <algorithm>

namespace latecomer {
namespace {

constexpr std::size_t kNameBytesMax = 100;

// Writers and rejects of our own bear these names.
constexpr std::string_view kReserved[] = {"import", "forget", "processor"};

}  // namespace

const std::string& SourceSpec::Option(std::string_view option) const {
  static const std::string kNone;
  const auto found = options.find(option);
  return found == options.end() ? kNone : found->second;
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
