#include "ingest/archive_pass.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/log.h"
#include "base/sha256.h"

namespace latecomer {
namespace {

constexpr char kCanonicalRun[] = "canonical";  // each line belongs, whatever else is read
constexpr std::size_t kShortDigest = 16;

std::set<std::string, std::less<>> NamesOf(const FollowedHashtag& hashtag) {
  std::set<std::string, std::less<>> names(hashtag.aliases.begin(), hashtag.aliases.end());
  names.insert(hashtag.hashtag);
  return names;
}

std::string SetOf(const FollowedHashtag& hashtag) {
  std::string text;
  for (const std::string& name : NamesOf(hashtag)) text += name + "\n";
  return Sha256Hex(text).substr(0, kShortDigest);
}

// Which files decide together what belongs.
std::string RunOf(const std::vector<ArchiveFile>& files) {
  std::vector<std::string> parts;
  for (const ArchiveFile& file : files) {
    if (!file.is_canonical) parts.push_back(file.digest + " " + file.format + "\n");
  }
  std::sort(parts.begin(), parts.end());
  std::string text;
  for (const std::string& part : parts) text += part;
  return Sha256Hex(text).substr(0, kShortDigest);
}

std::string_view TakeWord(std::string_view& text) {
  const std::size_t blank = text.find(' ');
  const std::string_view word = text.substr(0, blank);
  text = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
  return word;
}

}  // namespace

std::string FormatArchiveCursor(const ArchiveCursor& cursor) {
  return "v1 " + cursor.set + " " + cursor.run + " " + std::to_string(cursor.next) + " " +
         (cursor.picked.empty() ? "-" : cursor.picked);
}

std::optional<ArchiveCursor> ParseArchiveCursor(std::string_view text) {
  if (TakeWord(text) != "v1") return std::nullopt;
  ArchiveCursor cursor;
  cursor.set = TakeWord(text);
  cursor.run = TakeWord(text);
  const std::string_view next = TakeWord(text);
  const auto [end, error] = std::from_chars(next.data(), next.data() + next.size(), cursor.next);
  if (error != std::errc() || end != next.data() + next.size()) return std::nullopt;
  if (text.empty() || text.find(' ') != std::string_view::npos) return std::nullopt;
  if (text != "-") cursor.picked = text;
  return cursor;
}

// Goes through a file's records. What lies before `first` was written before, and is only looked
// at; nothing is written where `first` lies past the end.
class ArchivePass::Visitor final : public ArchiveVisitor {
 public:
  Visitor(ArchivePass& pass, std::string key, ArchiveCursor cursor, ArchivePosition first)
      : pass_(pass), key_(std::move(key)), cursor_(std::move(cursor)), first_(first) {}

  bool OnSelected(PostsValue& value, ArchivePosition position) override {
    Mix(position, value);
    if (!Continue()) return false;
    if (position < first_) return true;
    const Status added = pass_.batch_.Add(pass_.hashtag_.hashtag, value);
    if (!added) Refuse({Where(position), added.error().message, 0, ""});
    return Advance(position);
  }
  void OnReject(Reject reject, ArchivePosition position) override {
    if (position < first_ || !Continue()) return;
    Refuse(reject);
    static_cast<void>(Advance(position));
  }
  void OnProgress(std::uint64_t bytes) override {
    if (bytes > bytes_) pass_.context_.counters().bytes += bytes - bytes_;
    bytes_ = std::max(bytes_, bytes);
  }

  // After the last record: the cursor that says so goes with the last batch.
  Status Finish() {
    cursor_.picked = Picked();
    return pass_.batch_.MoveCursor(key_, FormatArchiveCursor(cursor_));
  }
  void Refuse(const Reject& reject) {
    if (pass_.with_rejects_) pass_.batch_.AddReject(reject);
  }
  const Status& status() const { return status_; }
  std::string Picked() const {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) {
      text += kDigits[(picked_ >> static_cast<unsigned>(shift)) & 15U];
    }
    return text;
  }

 private:
  static std::string Where(ArchivePosition position) {
    return "record " + std::to_string(position);
  }
  bool Continue() const { return status_ && !pass_.context_.stopped(); }

  bool Advance(ArchivePosition position) {
    cursor_.next = position + 1;
    if (!pass_.batch_.IsFull()) return true;
    status_ = pass_.batch_.MoveCursor(key_, FormatArchiveCursor(cursor_));
    if (status_) status_ = pass_.context_.Write(pass_.batch_);
    return Continue();
  }

  void Mix(ArchivePosition position, const PostsValue& value) {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
    const auto* post = std::get_if<Post>(&value);
    const std::uint64_t thread = post != nullptr && post->via == Via::kThread ? 1 : 0;
    picked_ = (picked_ ^ (position * 2 + thread)) * kOdd;
    picked_ ^= picked_ >> 32U;
  }

  ArchivePass& pass_;
  std::string key_;
  ArchiveCursor cursor_;
  ArchivePosition first_;
  std::uint64_t bytes_ = 0;
  std::uint64_t picked_ = 1;
  Status status_;
};

ArchivePass::ArchivePass(SourceContext& context, const FollowedHashtag& hashtag, bool with_rejects)
    : context_(context),
      hashtag_(hashtag),
      with_rejects_(with_rejects),
      set_(SetOf(hashtag)),
      batch_(context.spec().name) {}

std::optional<ArchiveCursor> ArchivePass::CursorOf(const std::string& digest) const {
  const auto found = context_.cursors().find(hashtag_.hashtag + " " + digest);
  if (found == context_.cursors().end()) return std::nullopt;
  std::optional<ArchiveCursor> cursor = ParseArchiveCursor(found->second);
  if (cursor && cursor->set == set_) return cursor;
  return std::nullopt;  // another set of names: as if it had not been read
}

bool ArchivePass::HasWork(const std::vector<ArchiveFile>& files) const {
  return std::any_of(files.begin(), files.end(), [this](const ArchiveFile& file) {
    const std::optional<ArchiveCursor> cursor = CursorOf(file.digest);
    return !cursor || !cursor->IsDone();
  });
}

Status ArchivePass::Select(const std::vector<ArchiveFile>& files, const std::string& format,
                           ArchiveSelection& selection) {
  for (const ArchiveFile& file : files) {
    ArchiveOptions options;
    options.format = format;
    options.name = file.path;
    options.now = context_.Now();
    const std::size_t before = selection.files().size();
    const Status added = selection.AddFile(
        file.path, options, [this](std::uint64_t) { return !context_.stopped(); }, file.digest);
    if (added || context_.stopped()) continue;
    // A damaged file is kept, as far as it goes; one that went away meanwhile is looked for again.
    if (selection.files().size() == before) return Invalid(added.error().message);
  }
  selection.Finish();
  return {};
}

Status ArchivePass::Read(const std::vector<ArchiveFile>& files, const std::string& format) {
  std::vector<ArchiveFile> wanted;  // what is done and decides nothing is not read again
  for (const ArchiveFile& file : files) {
    const std::optional<ArchiveCursor> cursor = CursorOf(file.digest);
    if (!file.is_canonical || !cursor || !cursor->IsDone()) wanted.push_back(file);
  }
  ArchiveSelection selection(NamesOf(hashtag_), false);
  if (Status selected = Select(wanted, format, selection); !selected) return selected;
  const std::string run = RunOf(wanted);
  for (std::size_t i = 0; i < selection.files().size() && !context_.stopped(); ++i) {
    if (Status s = WriteFile(selection, i, run); !s) return s;
  }
  if (context_.stopped()) return {};
  return context_.Write(batch_);
}

Status ArchivePass::WriteFile(const ArchiveSelection& selection, std::size_t index,
                              const std::string& run) {
  const ArchiveFacts& facts = selection.files()[index];
  const std::string key = hashtag_.hashtag + " " + facts.digest;
  ArchiveCursor cursor{set_, facts.canonical ? kCanonicalRun : run, 0, ""};
  const std::optional<ArchiveCursor> old = CursorOf(facts.digest);
  if (old && old->run == cursor.run) {
    if (old->IsDone()) return {};
    cursor.next = old->next;
  } else if (old && old->IsDone()) {
    // Other files have come: does the same belong as did then?
    constexpr auto kNothing = static_cast<ArchivePosition>(-1);
    Visitor look(*this, key, cursor, kNothing);
    const Status looked = selection.ForEachSelected(index, 0, look);
    if (context_.stopped()) return {};
    if (!looked && facts.damage.empty()) return looked;
    if (look.Picked() == old->picked) return {};
  }
  Visitor visitor(*this, key, cursor, cursor.next);
  const Status read = selection.ForEachSelected(index, 0, visitor);
  if (!visitor.status()) return visitor.status();
  if (context_.stopped()) return {};
  if (!read && facts.damage.empty()) return Invalid(read.error().message);
  if (!facts.damage.empty()) {
    spdlog::warn("source {}: {}", context_.spec().name, facts.damage);
    visitor.Refuse({facts.path, facts.damage, facts.bytes, ""});
  }
  if (Status finished = visitor.Finish(); !finished) return finished;
  return batch_.IsFull() ? context_.Write(batch_) : Status();
}

}  // namespace latecomer
