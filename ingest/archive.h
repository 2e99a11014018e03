// Archives: files of posts, each format one file of this folder and one line in the registry
// (archive_formats.cpp). Streamed, never whole in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/post.h"

namespace latecomer {

// What could not be understood. `sample` is at most 200 bytes of the input, valid UTF-8, no secret.
struct Reject {
  std::string where;   // "FILE:LINE", "FILE:LINE field published", "FILE!member.json item 3"
  std::string reason;  // a sentence that names the field
  std::uint64_t bytes = 0;
  std::string sample;
};

// A post read from an archive, before it is known what belongs to the hashtag. `hashtags` are the
// folded hashtags that it carries, empty for a canonical line, which belongs as it stands.
struct ArchivePost {
  PostsValue value;                   // content sanitised
  std::vector<std::string> hashtags;  // folded; of a repost: the original's
};

class ArchiveSink {
 public:
  virtual ~ArchiveSink() = default;
  // Returns false to stop reading (then Read returns success).
  virtual bool OnPost(ArchivePost& post) = 0;
  virtual void OnReject(Reject reject) = 0;
  // Where reading stands, in bytes of the file as it lies on disk; often, for progress.
  virtual void OnProgress(std::uint64_t bytes_read) = 0;
};

struct ArchiveOptions {
  std::string format;  // empty: detect by content; else a name of ArchiveFormatNames()
  std::string name;    // of the file, for messages; "-" for standard input
  // Generic CSV: canonical field = column name, as `id=Tweet Id`. Empty: by well-known names.
  std::vector<std::string> columns;
  TimeMs now = 0;  // the present: `source.retrieved` where the archive does not say
};

// The names that --format takes, with one line of description each.
struct ArchiveFormatName {
  std::string_view name;
  std::string_view description;
};
const std::vector<ArchiveFormatName>& ArchiveFormatNames();

// Reads one file (regular file: it is read front to back once; ZIP needs to seek), decompressing
// .gz, .zst and .zip by content. Calls `sink` for each post in file order. kInvalid: not a known
// format, or damaged from some point on (truncated gzip), the message says which and where; what
// stands before that point has been given to the sink. kFatal: cannot be opened or read.
Status ReadArchive(const std::string& path, const ArchiveOptions& options, ArchiveSink& sink);

// The name of the file's format, as detected or given; that of the first member of a container that
// has one. Errors as ReadArchive.
Result<std::string> ArchiveFormatOf(const std::string& path, const ArchiveOptions& options);

// Whether the format of the file, as detected or given, is the canonical one, of which every line
// belongs to the hashtag.
Result<bool> IsCanonicalArchive(const std::string& path, const ArchiveOptions& options);

}  // namespace latecomer
