// One reading of the files of an archive source for one hashtag: what belongs is written, file by
// file, with positions from which it goes on after a stop. source_archive.h says what the cursors
// hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/archive_import.h"
#include "ingest/source.h"

namespace latecomer {

// The cursor of a file under a hashtag.
struct ArchiveCursor {
  std::string set;           // of the hashtag's names
  std::string run;           // of the files that were read together
  ArchivePosition next = 0;  // where to go on
  std::string picked;        // which records were written; empty: not read to the end yet
  bool IsDone() const { return !picked.empty(); }
};
std::string FormatArchiveCursor(const ArchiveCursor& cursor);
std::optional<ArchiveCursor> ParseArchiveCursor(std::string_view text);

// A file that can be read.
struct ArchiveFile {
  std::string path;
  std::string digest;
  std::string format;
  bool is_canonical = false;
};

class ArchivePass {
 public:
  // `with_rejects`: whether this hashtag's pass is the one that reports them.
  ArchivePass(SourceContext& context, const FollowedHashtag& hashtag, bool with_rejects);

  // Whether there is anything to read.
  bool HasWork(const std::vector<ArchiveFile>& files) const;
  // Reads and writes. kInvalid: a file has changed meanwhile, look again; else what the contract of
  // Source says. Success too where a stop is requested.
  Status Read(const std::vector<ArchiveFile>& files, const std::string& format);

 private:
  class Visitor;
  std::optional<ArchiveCursor> CursorOf(const std::string& digest) const;
  Status Select(const std::vector<ArchiveFile>& files, const std::string& format,
                ArchiveSelection& selection);
  Status WriteFile(const ArchiveSelection& selection, std::size_t index, const std::string& run);

  SourceContext& context_;
  const FollowedHashtag& hashtag_;
  bool with_rejects_;
  std::string set_;
  PostBatch batch_;
};

}  // namespace latecomer
