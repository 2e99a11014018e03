// Whose archive it is, and which of its files hold posts.
#include <algorithm>
#include <cctype>

#include "ingest/archive_container.h"
#include "ingest/json_tree.h"
#include "ingest/mastodon_owner.h"
#include "ingest/x_json.h"

namespace latecomer {
namespace {

constexpr std::size_t kOwnerBytesMax = 1U << 20U;

std::string_view BaseName(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// tweets.js, tweet.js, tweets-part12.js
bool IsTweetsFile(std::string_view base) {
  if (!base.ends_with(".js")) return false;
  base.remove_suffix(3);
  if (base == "tweets" || base == "tweet") return true;
  for (std::string_view start : {"tweets-part", "tweet-part"}) {
    if (!base.starts_with(start) || base.size() == start.size()) continue;
    base.remove_prefix(start.size());
    return std::all_of(base.begin(), base.end(), [](char c) { return c >= '0' && c <= '9'; });
  }
  return false;
}

bool IsOwnerFile(std::string_view base) { return base == "account.js" || base == "actor.json"; }

Author XOwner(JsonValue root) {
  Author author;
  for (JsonValue item : root) {
    const JsonValue account = item["account"];
    const std::string_view id = XIdOf(account["accountId"]);
    if (id.empty()) continue;
    author.id = XUserId(id);
    author.preferred_username = account["username"].text();
    author.name = account["accountDisplayName"].text();
    if (!author.preferred_username.empty()) {
      author.url = "https://x.com/" + author.preferred_username;
    }
    break;
  }
  return author;
}

// A file that is not understood gives no author: the posts are worth having without.
Author ReadOwner(std::string_view base, ByteSource& source) {
  std::string text(kOwnerBytesMax + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    if (size == kOwnerBytesMax) return {};
    Result<std::size_t> got = source.Read(text.data() + size, kOwnerBytesMax - size);
    if (!got) return {};
    if (*got == 0) break;
    size += *got;
  }
  text.resize(size);
  // account.js assigns its array to a variable.
  const std::size_t start = base == "account.js" ? text.find('[') : text.find('{');
  if (start == std::string::npos) return {};
  text.erase(0, start);
  while (!text.empty() &&
         (std::isspace(static_cast<unsigned char>(text.back())) != 0 || text.back() == ';')) {
    text.pop_back();
  }
  JsonTree tree;
  if (!tree.Parse(text.data(), text.size())) return {};
  return base == "account.js" ? XOwner(tree.root()) : MastodonOwner(tree.root());
}

}  // namespace

bool ContainerPlan::Wants(std::string_view member) const {
  const std::string_view base = BaseName(member);
  // What macOS puts beside each file.
  if (base.starts_with("._") || member.starts_with("__MACOSX/")) return false;
  if (only_outbox) return base == "outbox.json";
  if (only_tweets) return IsTweetsFile(base);
  return true;
}

Status SurveyContainer(ArchiveContainer& container, ContainerPlan& plan) {
  for (;;) {
    Result<bool> more = container.Next();
    if (!more) return more.error();
    if (!*more) return {};
    const std::string_view base = BaseName(container.member());
    if (base == "outbox.json") plan.only_outbox = true;
    if (IsTweetsFile(base)) plan.only_tweets = true;
    if (IsOwnerFile(base) && plan.owner.id.empty()) {
      plan.owner = ReadOwner(base, *container.OpenMember());
    }
  }
}

Author OwnerBeside(const std::string& path) {
  const std::string_view base = BaseName(path);
  const char* owner_file = nullptr;
  if (IsTweetsFile(base)) owner_file = "account.js";
  if (base == "outbox.json") owner_file = "actor.json";
  if (owner_file == nullptr) return {};
  const std::string beside = path.substr(0, path.size() - base.size()) + owner_file;
  Result<std::unique_ptr<ByteSource>> source = OpenFileSource(beside, beside);
  if (!source) return {};
  return ReadOwner(owner_file, **source);
}

}  // namespace latecomer
