#include "ingest/archive_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

namespace latecomer {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

std::optional<FileStamp> StampOfRegular(const std::string& path) {
  struct stat facts = {};
  if (::stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  return FileStamp{static_cast<std::uint64_t>(facts.st_size), facts.st_ino,
                   facts.st_mtim.tv_sec * 1'000'000'000LL + facts.st_mtim.tv_nsec};
}

Result<std::vector<QuietFile>> FilesOf(const std::string& path) {
  struct stat facts = {};
  if (::stat(path.c_str(), &facts) != 0) {
    const std::string why = path + " cannot be opened: " + std::strerror(errno) + ".";
    return errno == ENOENT || errno == ENOTDIR ? NotFound(why) : Fatal(why);
  }
  std::vector<QuietFile> files;
  if (!S_ISDIR(facts.st_mode)) {
    if (const auto stamp = StampOfRegular(path)) files.push_back({path, *stamp});
    if (files.empty()) return Fatal(path + " is neither a file nor a folder.");
    return files;
  }
  std::error_code error;
  std::filesystem::directory_iterator items(path, error);
  for (; !error && items != std::filesystem::directory_iterator(); items.increment(error)) {
    if (items->path().filename().string().starts_with('.')) continue;
    const std::string name = items->path().string();
    if (const auto stamp = StampOfRegular(name)) files.push_back({name, *stamp});
  }
  if (error) return Fatal(path + " cannot be read: " + error.message() + ".");
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Result<ArchiveFolder::Found> ArchiveFolder::Look(TimeMs now) {
  Result<std::vector<QuietFile>> files = FilesOf(path_);
  if (!files) return files.error();
  Found found;
  std::map<std::string, Seen> seen;
  for (QuietFile& file : *files) {
    const auto before = seen_.find(file.path);
    const bool same = before != seen_.end() && before->second.stamp == file.stamp;
    const TimeMs since = same ? before->second.since : now;
    seen[file.path] = {file.stamp, since};
    // By its own time or, where that lies in the future, by what was seen of it.
    const TimeMs modified = file.stamp.modified_ns / kNsPerMs;
    const bool quiet = now - since >= quiet_ms_ || (modified <= now && now - modified >= quiet_ms_);
    found.is_complete = found.is_complete && quiet;
    if (quiet) found.files.push_back(std::move(file));
  }
  seen_ = std::move(seen);
  return found;
}

}  // namespace latecomer
