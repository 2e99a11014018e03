// The file that `latecomer fetch` fills, and the journal beside it from which it is resumed.
//
// FILE holds canonical posts, one JSON object a line. FILE.fetch, the journal, holds JSON objects
// too, one a line: the first says what is fetched, each other one is a step: how long FILE is with
// it, and which cursors it moved. FILE is made durable before the step that tells of it; what lies
// behind the last whole step is cut off when the file is opened again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "ingest/post_batch.h"
#include "ingest/source.h"
#include "ingest/unique_fd.h"

namespace latecomer {

// What is fetched: another hashtag or server belongs into another file.
struct FetchTask {
  std::string hashtag;  // folded
  std::string kind;
  std::string base;
  bool operator==(const FetchTask&) const = default;
};

class FetchFile {
 public:
  // Makes both files, or goes on where they were left. kInvalid: FILE is there without a journal,
  // or the journal is of another task. kCorrupt: a journal that makes no sense, or a FILE that is
  // shorter than it says. kFatal: a file that cannot be read or written. kConflict: another process
  // is at it.
  static Result<FetchFile> Open(const std::string& path, const FetchTask& task);

  const Cursors& cursors() const { return cursors_; }
  std::uint64_t posts() const { return posts_; }      // lines of posts, in all
  std::uint64_t rejects() const { return rejects_; }  // since it was opened
  bool resumed() const { return resumed_; }           // there was something
  bool complete() const { return complete_; }         // all had been fetched once

  // Adds the batch's lines, and moves its cursors. Rejects go to FILE.rejects. Durable when it
  // returns. kFatal: it could not be written, and nothing has been added.
  Status Append(const PostBatch& batch);
  // All that was there has been fetched.
  Status Complete();

 private:
  FetchFile() = default;
  Status Restore(const std::string& journal, const FetchTask& task);
  Status ReadStep(std::string line, std::size_t number);
  Status Compact(const FetchTask& task);
  Status AppendStep(const PostBatch::Cursors& moved);
  Status AppendRejects(const std::string& lines);
  Status WriteAll(int fd, const std::string& text, const std::string& name) const;

  std::string path_;
  UniqueFd file_;
  UniqueFd journal_;
  Cursors cursors_;
  std::uint64_t length_ = 0;
  std::uint64_t posts_ = 0;
  std::uint64_t rejects_ = 0;
  bool resumed_ = false;
  bool complete_ = false;
};

}  // namespace latecomer
