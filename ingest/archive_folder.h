// The archive files of a path: the file itself, or those that lie in a folder (not below it; names
// that begin with a point are left alone), once they are quiet: whoever writes a file without
// renaming it into place is given time to finish.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace latecomer {

// What would have changed with a file.
struct FileStamp {
  std::uint64_t size = 0;
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;
  auto operator<=>(const FileStamp&) const = default;
};

struct QuietFile {
  std::string path;
  FileStamp stamp;
  auto operator<=>(const QuietFile&) const = default;
};

class ArchiveFolder {
 public:
  // `quiet_ms`: for how long a file must have been unchanged; 0: as it is found.
  ArchiveFolder(std::string path, std::int64_t quiet_ms)
      : path_(std::move(path)), quiet_ms_(quiet_ms) {}

  struct Found {
    std::vector<QuietFile> files;  // by path
    bool is_complete = true;       // no other file is still being written
  };
  // Looks once. kNotFound: the path is not there; kFatal: it cannot be looked into.
  Result<Found> Look(TimeMs now);

 private:
  struct Seen {
    FileStamp stamp;
    TimeMs since = 0;
  };

  std::string path_;
  std::int64_t quiet_ms_;
  std::map<std::string, Seen> seen_;  // of the last look
};

}  // namespace latecomer
