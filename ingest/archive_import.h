// Importing archives in two passes: first each file is read once whole, to know what belongs to the
// hashtag, then what belongs is given, record by record, with a position from which to resume.
// Nothing is written here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/archive.h"
#include "ingest/membership.h"
#include "ingest/unique_fd.h"

namespace latecomer {

// What pass 1 has found out about a file.
struct ArchiveFacts {
  std::string path;
  ArchiveOptions options;
  std::string format;
  bool canonical = false;
  std::string digest;       // XXH3-128 of its bytes as they lie on disk: 32 lower-case hex digits
  std::uint64_t bytes = 0;  // on disk
  std::uint64_t posts = 0;  // posts, Coverage and Forget that it holds
  std::uint64_t rejects = 0;
  std::string damage;  // why it could not be read to its end; empty if it could
};

// A record's place in its file: posts and rejects counted together from 0, belonging or not. The
// same bytes give the same positions, whatever hashtag they are read for.
using ArchivePosition = std::uint64_t;

// The digest of a file as in ArchiveFacts: who it is, whatever its name. Blocks. kFatal: not
// readable. `progress` as for ArchiveSelection::AddFile.
Result<std::string> DigestArchive(const std::string& path, const std::string& name,
                                  const std::function<bool(std::uint64_t bytes)>& progress = {});

class ArchiveVisitor {
 public:
  virtual ~ArchiveVisitor() = default;
  // A value that belongs; of a file that is not canonical, with `via` set. May be moved from.
  // False: stop (then ForEachSelected succeeds).
  virtual bool OnSelected(PostsValue& value, ArchivePosition position) = 0;
  virtual void OnReject(Reject reject, ArchivePosition position) = 0;
  // A post that does not belong.
  virtual void OnSkipped(ArchivePosition) {}
  // Bytes of the file on disk; often.
  virtual void OnProgress(std::uint64_t) {}
};

// Pass 1 is AddFile for each file, then Finish; pass 2 is ForEachSelected for each file. One
// thread. The files must not change meanwhile: pass 2 says so (kInvalid) if size, time or inode
// have.
class ArchiveSelection {
 public:
  // `hashtags`: folded, the name and its aliases. `all`: everything belongs (see Membership).
  ArchiveSelection(std::set<std::string, std::less<>> hashtags, bool all);

  // Reads a file whole, twice over: its bytes for the digest, then its posts. Blocks. kInvalid with
  // the file's name: in no known format, or damaged from some point on; in the latter case the file
  // is kept, with `damage` set, and what stands before that point can be had. kFatal: not readable.
  // `progress` (may be empty) is given the bytes read so far, in both readings; once it gives
  // false, the reading ends: kRetryLater, and the file is not kept. `digest` spares the first
  // reading where it is known.
  Status AddFile(const std::string& path, const ArchiveOptions& options,
                 const std::function<bool(std::uint64_t bytes)>& progress = {},
                 const std::string& digest = {});
  void Finish();
  const std::vector<ArchiveFacts>& files() const { return files_; }

  // Gives what belongs of files()[file] from position `first` on, in file order. Errors as
  // ReadArchive; the damage of a file is its error here too, after what stands before it.
  Status ForEachSelected(std::size_t file, ArchivePosition first, ArchiveVisitor& visitor) const;

 private:
  struct Stamp {  // what would have changed with the file
    std::uint64_t size = 0;
    std::uint64_t inode = 0;
    std::int64_t modified_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Result<Stamp> StampOf(const std::string& path, const std::string& name);

  Membership membership_;
  std::vector<ArchiveFacts> files_;
  std::vector<Stamp> stamps_;
};

// Standard input, or any descriptor that cannot be read twice, as a file that can. The file has no
// name from the beginning, so that nothing is left behind whatever happens to the process.
class SpooledFile {
 public:
  // Copies all of `from` into a file in `directory`; blocks until the end of the input. kFatal: no
  // permission, no space.
  static Result<SpooledFile> Spool(int from, const std::string& directory);
  // A path for ReadArchive, valid in this process for the object's lifetime.
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

 private:
  explicit SpooledFile(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace latecomer
