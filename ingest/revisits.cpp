#include "ingest/revisits.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace latecomer {
namespace {

constexpr std::string_view kVersion = "v1";
constexpr TimeMs kNever = std::numeric_limits<TimeMs>::max();
// Leaves room for the numbers before them.
constexpr std::size_t kPostsBytesMax = PostBatch::kCursorValueBytesMax - 128;

// The part up to the next blank, which is removed with it.
std::string_view NextWord(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

template <typename Number>
bool Read(std::string_view word, Number& to, int base = 10) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), to, base);
  return error == std::errc() && end == word.data() + word.size() && !word.empty();
}

bool IsPlain(std::string_view id) {
  return !id.empty() && std::none_of(id.begin(), id.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7F';
  });
}

std::string WritePosts(const KnownPosts& posts) {
  std::string text;
  char hex[9];
  for (const auto& [id, digest] : posts) {
    if (!IsPlain(id)) continue;
    if (text.size() + id.size() + sizeof hex + 1 > kPostsBytesMax) break;
    const auto end = std::to_chars(hex, hex + sizeof hex, digest, 16).ptr;
    if (!text.empty()) text += ' ';
    text += id;
    text += ':';
    text.append(static_cast<std::size_t>(8 - (end - hex)), '0');
    text.append(hex, end);
  }
  return text;
}

bool ReadPosts(std::string_view text, KnownPosts* to) {
  while (!text.empty()) {
    const std::string_view word = NextWord(text);
    const std::size_t colon = word.rfind(':');
    std::uint32_t digest = 0;
    if (colon == std::string_view::npos || colon == 0 || !Read(word.substr(colon + 1), digest, 16))
      return false;
    if (to != nullptr) to->emplace(word.substr(0, colon), digest);
  }
  return true;
}

}  // namespace

std::uint32_t KnownDigest(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
}

Revisits::Revisits(std::string prefix, RevisitPolicy policy)
    : prefix_(std::move(prefix)), policy_(policy), random_(std::random_device()()) {}

Status Revisits::Restore(const Cursors& cursors) {
  conversations_.clear();
  plan_.clear();
  const std::string begin = prefix_ + " ";
  for (auto cursor = cursors.lower_bound(begin);
       cursor != cursors.end() && cursor->first.starts_with(begin); ++cursor) {
    std::string_view text = cursor->second;
    Conversation conversation;
    if (NextWord(text) != kVersion || !Read(NextWord(text), conversation.due) ||
        !Read(NextWord(text), conversation.pause_ms) ||
        !Read(NextWord(text), conversation.newest) || !ReadPosts(text, nullptr)) {
      return Corrupt("the cursor \"" + cursor->first + "\" cannot be read");
    }
    conversation.posts = text;
    const auto [which, is_new] =
        conversations_.emplace(cursor->first.substr(begin.size()), std::move(conversation));
    if (which->second.due != kNever) plan_.emplace(which->second.due, which->first);
  }
  return {};
}

Status Revisits::Save(PostBatch& batch, Conversations::const_iterator which) const {
  const Conversation& conversation = which->second;
  std::string value(kVersion);
  for (const std::int64_t number : {conversation.due, conversation.pause_ms, conversation.newest}) {
    value += ' ';
    value += std::to_string(number);
  }
  if (!conversation.posts.empty()) value += ' ';
  value += conversation.posts;
  return batch.MoveCursor(prefix_ + " " + which->first, value);
}

void Revisits::Plan(Conversations::iterator which, TimeMs due) {
  plan_.erase({which->second.due, which->first});
  which->second.due = due;
  if (due != kNever) plan_.emplace(due, which->first);
}

Result<bool> Revisits::Expect(PostBatch& batch, const std::string& id, TimeMs when) {
  if (!IsPlain(id)) return Invalid("a conversation whose id has blanks or controls cannot be kept");
  const auto [which, is_new] = conversations_.try_emplace(id);
  if (is_new) which->second.due = kNever;
  if (which->second.due <= when) return false;
  Plan(which, when);
  if (Status saved = Save(batch, which); !saved) return saved.error();
  return true;
}

std::optional<std::string> Revisits::Due(TimeMs now) const {
  if (plan_.empty() || plan_.begin()->first > now) return std::nullopt;
  return plan_.begin()->second;
}

std::vector<std::string> Revisits::AllDue(TimeMs now, std::size_t most) const {
  std::vector<std::string> ids;
  for (auto due = plan_.begin(); due != plan_.end() && due->first <= now && ids.size() < most;
       ++due) {
    ids.push_back(due->second);
  }
  return ids;
}

std::optional<TimeMs> Revisits::NextDue() const {
  if (plan_.empty()) return std::nullopt;
  return plan_.begin()->first;
}

std::size_t Revisits::CountDue(TimeMs now) const {
  std::size_t count = 0;
  for (auto due = plan_.begin(); due != plan_.end() && due->first <= now; ++due) ++count;
  return count;
}

bool Revisits::IsNew(std::string_view id) const {
  const auto found = conversations_.find(id);
  return found == conversations_.end() || found->second.newest == 0;
}

KnownPosts Revisits::Known(const std::string& id) const {
  KnownPosts posts;
  const auto found = conversations_.find(id);
  if (found != conversations_.end()) ReadPosts(found->second.posts, &posts);
  return posts;
}

std::int64_t Revisits::Grown(std::int64_t pause_ms) {
  if (pause_ms <= 0) return policy_.first.count();
  const double grown = static_cast<double>(pause_ms) * policy_.growth;
  return grown >= static_cast<double>(policy_.most.count()) ? policy_.most.count()
                                                            : static_cast<std::int64_t>(grown);
}

std::int64_t Revisits::Jittered(std::int64_t pause_ms) {
  return pause_ms + std::uniform_int_distribution<std::int64_t>(0, pause_ms / 10)(random_);
}

Status Revisits::Visited(PostBatch& batch, const std::string& id, const KnownPosts& found,
                         TimeMs now) {
  if (!IsPlain(id)) return Invalid("a conversation whose id has blanks or controls cannot be kept");
  const auto which = conversations_.try_emplace(id).first;
  Conversation& conversation = which->second;
  std::string posts = WritePosts(found);
  if (posts != conversation.posts || conversation.newest == 0) {
    conversation.newest = now;
    conversation.pause_ms = policy_.first.count();
    conversation.posts = std::move(posts);
  } else {
    conversation.pause_ms = Grown(conversation.pause_ms);
  }
  const bool is_over =
      policy_.keep_up.count() > 0 && now - conversation.newest >= policy_.keep_up.count();
  Plan(which, is_over ? kNever : now + Jittered(conversation.pause_ms));
  return Save(batch, which);
}

Status Revisits::Postpone(PostBatch& batch, const std::string& id, TimeMs now) {
  const auto which = conversations_.find(id);
  if (which == conversations_.end()) return {};
  which->second.pause_ms = Grown(which->second.pause_ms);
  Plan(which, now + Jittered(which->second.pause_ms));
  return Save(batch, which);
}

Status Revisits::Learn(PostBatch& batch, const std::string& id, const KnownPosts& known) {
  const auto which = conversations_.find(id);
  if (which == conversations_.end()) return {};
  std::string posts = WritePosts(known);
  if (posts == which->second.posts) return {};
  which->second.posts = std::move(posts);
  return Save(batch, which);
}

Status Revisits::Drop(PostBatch& batch, const std::string& id) {
  const auto which = conversations_.find(id);
  if (which == conversations_.end()) return {};
  Plan(which, kNever);
  conversations_.erase(which);
  return batch.DeleteCursor(prefix_ + " " + id);
}

}  // namespace latecomer
