#include "ingest/mastodon_status_list.h"

#include <algorithm>
#include <charconv>

#include "ingest/mastodon_owner.h"

namespace latecomer {
namespace {

constexpr std::size_t kVersionBytesMax = 100;
constexpr int kRefreshSecondsMax = 600;

char* SkipBlanks(char* at, const char* end) {
  while (at != end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) ++at;
  return at;
}

// Behind the string that begins at `at`; nothing if it does not end.
char* SkipString(char* at, const char* end) {
  for (++at; at != end; ++at) {
    if (*at == '"') return at + 1;
    if (*at == '\\' && ++at == end) break;
  }
  return nullptr;
}

// Behind the value that begins at `at`, by counting brackets outside strings; nothing if it does
// not end. What is in it is for a parser to check.
char* SkipValue(char* at, const char* end) {
  int depth = 0;
  while (at != end) {
    const char c = *at;
    if (c == '"') {
      at = SkipString(at, end);
      if (at == nullptr) return nullptr;
      if (depth == 0) return at;
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') {
      if (depth == 0) return at;  // of what the value stands in
      if (--depth == 0) return at + 1;
    }
    if (c == ',' && depth == 0) return at;
    ++at;
  }
  return depth == 0 ? at : nullptr;
}

Error CutShort() { return Invalid("The JSON ends too early."); }

std::string Printable(std::string_view text) {
  std::string out(text.substr(0, kVersionBytesMax));
  std::erase_if(out, [](char c) { return c < ' ' || c > '~'; });
  return out;
}

MastodonInstance::Software SoftwareOf(std::string_view version, std::string_view source) {
  using Software = MastodonInstance::Software;
  std::string text = std::string(version) + " " + std::string(source);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  const auto names = [&](std::string_view name) { return text.find(name) != std::string::npos; };
  if (names("gotosocial")) return Software::kGoToSocial;
  if (names("pleroma") || names("akkoma")) return Software::kPleroma;
  if (names("pixelfed")) return Software::kPixelfed;
  if (names("compatible;")) return Software::kOther;  // says itself that it is another
  return !version.empty() && version[0] >= '1' && version[0] <= '9' ? Software::kMastodon
                                                                    : Software::kOther;
}

void Widen(MastodonList& list, const std::string& id, const std::optional<TimeMs>& published) {
  if (!IsMastodonId(id)) return;
  if (list.newest_id.empty() || MastodonIdLess(list.newest_id, id)) list.newest_id = id;
  if (list.oldest_id.empty() || MastodonIdLess(id, list.oldest_id)) list.oldest_id = id;
  if (!published) return;
  if (!list.newest || *published > *list.newest) list.newest = published;
  if (!list.oldest || *published < *list.oldest) list.oldest = published;
}

}  // namespace

// `at` stands at the bracket, and then behind the array. The byte behind each item becomes a NUL.
Result<std::vector<MastodonReader::Item>> MastodonReader::Split(char*& at, char* end) {
  std::vector<Item> items;
  at = SkipBlanks(at + 1, end);
  if (at == end) return CutShort();
  if (*at == ']') {
    ++at;
    return items;
  }
  for (;;) {
    char* begin = SkipBlanks(at, end);
    char* behind = SkipValue(begin, end);
    if (behind == nullptr || behind == end) return CutShort();
    char* next = SkipBlanks(behind, end);
    if (next == end) return CutShort();
    const char separator = *next;
    if (behind == begin || (separator != ',' && separator != ']')) {
      return Invalid("The JSON is no array of statuses.");
    }
    if (items.size() >= kItemsMax) return Invalid("There are too many statuses in one answer.");
    items.push_back({begin, static_cast<std::size_t>(behind - begin)});
    *behind = '\0';
    at = next + 1;
    if (separator == ']') return items;
  }
}

Result<MastodonList> MastodonReader::ReadItems(const std::vector<Item>& items, TimeMs now) {
  MastodonList list;
  list.items = items.size();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (Status parsed = tree_.Parse(items[i].text, items[i].size); !parsed) {
      list.faults.push_back({i + 1, "", parsed.error().message});
      continue;
    }
    const JsonValue json = tree_.root();
    // Paging needs them also of what is not public or cannot be taken.
    const std::string id(json["id"].text());
    const std::optional<TimeMs> published = ParseTime(json["created_at"].text());
    Result<MastodonStatus> status = ReadMastodonStatus(json, instance_, now);
    if (!status) {
      Widen(list, id, published);
      list.faults.push_back({i + 1, IsMastodonId(id) ? id : "", status.error().message});
      continue;
    }
    Widen(list, status->id, published);
    if (status->is_public) list.statuses.push_back(std::move(*status));
  }
  return list;
}

Result<MastodonList> MastodonReader::ReadList(std::string& body, TimeMs now) {
  char* const end = body.data() + body.size();
  char* at = SkipBlanks(body.data(), end);
  if (at == end || *at != '[') return Invalid("The answer is no JSON array.");
  Result<std::vector<Item>> items = Split(at, end);
  if (!items) return items.error();
  if (SkipBlanks(at, end) != end) return Invalid("There is something behind the JSON.");
  return ReadItems(*items, now);
}

Result<MastodonContext> MastodonReader::ReadContext(std::string& body, TimeMs now) {
  char* const end = body.data() + body.size();
  char* at = SkipBlanks(body.data(), end);
  if (at == end || *at != '{') return Invalid("The answer is no JSON object.");
  MastodonContext context;
  bool has_ancestors = false;
  bool has_descendants = false;
  for (bool more = true; more;) {
    at = SkipBlanks(at + 1, end);
    if (at == end) return CutShort();
    if (*at != '"') return Invalid("The answer is no context of a status.");
    char* key_end = SkipString(at, end);
    if (key_end == nullptr) return CutShort();
    const std::string_view key(at + 1, static_cast<std::size_t>(key_end - at) - 2);
    at = SkipBlanks(key_end, end);
    if (at == end || *at != ':') return Invalid("The answer is no context of a status.");
    at = SkipBlanks(at + 1, end);
    const bool is_ancestors = key == "ancestors";
    if (is_ancestors || key == "descendants") {
      if (at == end || *at != '[') return Invalid("The answer is no context of a status.");
      Result<std::vector<Item>> items = Split(at, end);
      if (!items) return items.error();
      Result<MastodonList> list = ReadItems(*items, now);
      if (!list) return list.error();
      (is_ancestors ? context.ancestors : context.descendants) = std::move(*list);
      (is_ancestors ? has_ancestors : has_descendants) = true;
    } else {
      char* behind = SkipValue(at, end);
      if (behind == nullptr || behind == at) return CutShort();
      at = behind;
    }
    at = SkipBlanks(at, end);
    if (at == end) return CutShort();
    if (*at != ',' && *at != '}') return Invalid("The answer is no context of a status.");
    more = *at == ',';
  }
  if (SkipBlanks(at + 1, end) != end) return Invalid("There is something behind the JSON.");
  if (!has_ancestors || !has_descendants) return Invalid("The answer is no context of a status.");
  return context;
}

Result<MastodonStatus> MastodonReader::Read(std::string& body, TimeMs now) {
  if (Status parsed = tree_.Parse(body.data(), body.size()); !parsed) return parsed.error();
  return ReadMastodonStatus(tree_.root(), instance_, now);
}

Result<MastodonInstance> MastodonReader::ReadInstance(std::string& body) {
  JsonTree tree({"rules", "contact", "contact_account", "description", "short_description"});
  if (Status parsed = tree.Parse(body.data(), body.size()); !parsed) return parsed.error();
  const JsonValue json = tree.root();
  if (!json.is_object() || !json["version"].is_string()) {
    return Invalid("The answer does not describe an instance.");
  }
  MastodonInstance out;
  out.version = Printable(json["version"].text());
  out.software = SoftwareOf(json["version"].text(), json["source_url"].text());
  const JsonValue configuration = json["configuration"];
  out.streaming = configuration["urls"]["streaming"].text();
  if (out.streaming.empty()) out.streaming = json["urls"]["streaming_api"].text();
  const JsonValue feeds = configuration["timelines_access"]["hashtag_feeds"];
  out.local_feed = Printable(feeds["local"].text());
  out.remote_feed = Printable(feeds["remote"].text());
  return out;
}

Result<std::string> MastodonReader::ReadAccountName(std::string& body) {
  if (Status parsed = tree_.Parse(body.data(), body.size()); !parsed) return parsed.error();
  const std::string name = Printable(tree_.root()["acct"].text());
  if (name.empty()) return Invalid("The answer does not describe an account.");
  return name;
}

bool MastodonReader::IsApiError(std::string body) {
  if (!tree_.Parse(body.data(), body.size())) return false;
  const JsonValue json = tree_.root();
  return json.is_object() && (json["error"].is_string() || json["message"].is_string());
}

std::optional<std::chrono::milliseconds> ReadAsyncRefresh(std::string_view header) {
  // id="…", retry=3, result_count=2
  constexpr std::string_view kRetry = "retry=";
  const std::size_t at = header.find(kRetry);
  if (at == std::string_view::npos) return std::nullopt;
  header.remove_prefix(at + kRetry.size());
  int seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error != std::errc() || seconds < 0 || seconds > kRefreshSecondsMax) return std::nullopt;
  return std::chrono::seconds(std::max(seconds, 1));
}

}  // namespace latecomer
