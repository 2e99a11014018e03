#include "ingest/source_archive.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/log.h"
#include "ingest/archive_folder.h"
#include "ingest/archive_format.h"
#include "ingest/archive_pass.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kDefaultPollMs = 2'000;
constexpr std::int64_t kDefaultQuietMs = 5'000;
// A folder that costs a minute to read is not read more than a fifth of the time.
constexpr std::int64_t kRestPerReading = 4;
constexpr milliseconds kChangedWait{1'000};
constexpr char kRefusedKey[] = "refused file ";

struct ArchiveSourceOptions {
  std::string path;
  std::string format;
  std::int64_t poll_ms = kDefaultPollMs;
  std::int64_t quiet_ms = kDefaultQuietMs;
};

class ArchiveSource final : public Source {
 public:
  ArchiveSource(ArchiveSourceOptions options, bool once)
      : options_(std::move(options)),
        once_(once),
        is_file_(std::filesystem::is_regular_file(options_.path, ignored_)),
        // What is to be read once is read as it is found.
        folder_(options_.path, once ? 0 : options_.quiet_ms) {}

  bool IsFinite() const override { return once_ || is_file_; }
  Status Run(SourceContext& context) override;

 private:
  struct Known {
    FileStamp stamp;
    std::optional<ArchiveFile> file;  // nothing: cannot be read, as long as it is what it is
  };
  Status Read(SourceContext& context, const std::vector<QuietFile>& found);
  Status Identify(SourceContext& context, const QuietFile& found, Known& known);
  Status Refuse(SourceContext& context, const std::string& path, const std::string& digest,
                const Error& why);

  ArchiveSourceOptions options_;
  bool once_;
  std::error_code ignored_;
  bool is_file_;
  ArchiveFolder folder_;
  std::map<std::string, Known> known_;  // by path
  std::vector<QuietFile> read_;         // in the last reading
};

Status ArchiveSource::Run(SourceContext& context) {
  while (!context.stopped()) {
    const TimeMs begin = context.Now();
    Result<ArchiveFolder::Found> found = folder_.Look(begin);
    if (!found) {
      // A folder may be mounted later; a file that is to be read once should be there.
      if (IsFinite()) return found.error();
      return RetryLater(found.error().message);
    }
    if (found->files != read_) {
      const Status read = Read(context, found->files);
      if (!read && read.error().code == ErrorCode::kInvalid && !context.stopped()) {
        // A file has changed or gone while it was read.
        spdlog::info("source {}: {} (looked at again)", context.spec().name, read.error().message);
        known_.clear();
        context.WaitFor(kChangedWait);
        continue;
      }
      if (!read) return read;
      if (context.stopped()) return {};
      read_ = std::move(found->files);
    }
    if (IsFinite() && found->is_complete) return {};
    const std::int64_t rest = (context.Now() - begin) * kRestPerReading;
    context.WaitFor(milliseconds(std::max(options_.poll_ms, rest)));
  }
  return {};
}

Status ArchiveSource::Read(SourceContext& context, const std::vector<QuietFile>& found) {
  std::map<std::string, Known> known;
  std::map<std::string, ArchiveFile> files;  // by digest: a copy is the same file
  for (const QuietFile& file : found) {
    Known& now = known[file.path];
    const auto before = known_.find(file.path);
    if (before != known_.end() && before->second.stamp == file.stamp) {
      now = before->second;
    } else if (Status s = Identify(context, file, now); !s) {
      return s;
    }
    if (context.stopped()) return {};
    if (now.file) files.emplace(now.file->digest, *now.file);
  }
  known_ = std::move(known);
  std::vector<ArchiveFile> list;
  for (auto& [digest, file] : files) list.push_back(std::move(file));
  std::sort(list.begin(), list.end(),
            [](const ArchiveFile& a, const ArchiveFile& b) { return a.path < b.path; });
  bool first = true;
  for (const FollowedHashtag& hashtag : context.spec().hashtags) {
    ArchivePass pass(context, hashtag, std::exchange(first, false));
    if (!pass.HasWork(list)) continue;
    if (Status s = pass.Read(list, options_.format); !s || context.stopped()) return s;
  }
  return {};
}

Status ArchiveSource::Identify(SourceContext& context, const QuietFile& found, Known& known) {
  known.stamp = found.stamp;
  Result<std::string> digest = DigestArchive(
      found.path, found.path, [&context](std::uint64_t) { return !context.stopped(); });
  if (context.stopped()) return {};
  if (!digest) return Refuse(context, found.path, "", digest.error());
  ArchiveOptions options;
  options.format = options_.format;
  options.name = found.path;
  Result<std::string> format = ArchiveFormatOf(found.path, options);
  if (!format) return Refuse(context, found.path, *digest, format.error());
  known.file = ArchiveFile{found.path, *digest, *format, *format == kCanonicalFormat.name};
  return {};
}

// A file that is no archive, or may not be read, is said once, and the others are read.
Status ArchiveSource::Refuse(SourceContext& context, const std::string& path,
                             const std::string& digest, const Error& why) {
  spdlog::warn("source {}: {}", context.spec().name, why.message);
  if (digest.empty() || context.cursors().contains(kRefusedKey + digest)) return {};
  PostBatch batch(context.spec().name);
  batch.AddReject({path, why.message, 0, ""});
  if (Status moved = batch.MoveCursor(kRefusedKey + digest, "v1"); !moved) return moved;
  return context.Write(batch);
}

Status ReadDuration(const SourceSpec& spec, std::string_view name, std::int64_t& value) {
  const std::string& text = spec.Option(name);
  if (text.empty()) return {};
  const std::optional<std::int64_t> read = ParseDuration(text);
  if (!read) return Invalid("`" + std::string(name) + "` is no duration such as \"5s\"");
  value = *read;
  return {};
}

}  // namespace

Result<std::unique_ptr<Source>> MakeArchiveSource(const SourceSpec& spec) {
  ArchiveSourceOptions options;
  options.path = spec.Option("path");
  if (options.path.empty()) return Invalid("`path` is missing: a file or a folder of archives");
  if (spec.hashtags.empty()) return Invalid("it has no hashtag to look for");
  options.format = spec.Option("format");
  const auto& names = ArchiveFormatNames();
  const bool right = options.format.empty() ||
                     std::any_of(names.begin(), names.end(), [&](const ArchiveFormatName& format) {
                       return format.name == options.format;
                     });
  if (!right) return Invalid("`format` is not one that is known: \"" + options.format + "\"");
  if (Status read = ReadDuration(spec, "poll", options.poll_ms); !read) return read.error();
  if (Status read = ReadDuration(spec, "quiet", options.quiet_ms); !read) return read.error();
  return std::unique_ptr<Source>(std::make_unique<ArchiveSource>(std::move(options), spec.once));
}

}  // namespace latecomer
