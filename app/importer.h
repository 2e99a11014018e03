// Importing archives into the stream: what belongs to a hashtag, in batches, each one transaction
// with its position, so that an import that was cut off resumes and a repeated one changes nothing.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "app/import_ledger.h"
#include "app/progress.h"
#include "base/result.h"
#include "ingest/archive_import.h"
#include "model/hashtag_settings.h"
#include "stream/stream.h"

namespace latecomer {

struct ImportRequest {
  HashtagSettings hashtag;
  std::vector<std::string> files;  // "-" is standard input
  std::string format;              // empty: detected
  std::vector<std::string> columns;
  bool all = false;
  std::string spool_directory;  // where standard input is kept while it is read
};

// The files of a request, read once whole (pass 1).
class ImportFiles {
 public:
  explicit ImportFiles(const ImportRequest& request);
  // kInvalid: a file is in no known format; kFatal: not readable. A file that is damaged from some
  // point on is kept: damage() says so.
  // kRetryLater: `stop` was requested; nothing has been written.
  Status Read(ProgressBar& progress, const std::stop_token& stop);
  const ArchiveSelection& selection() const { return selection_; }
  const std::string& damage() const { return damage_; }

 private:
  const ImportRequest& request_;
  ArchiveSelection selection_;
  std::vector<SpooledFile> spooled_;
  std::string damage_;
};

struct ImportOutcome {
  ImportCounts counts;
  RejectSummary rejects;
  bool interrupted = false;  // by `stop`; what was written is whole, and it resumes
  std::string damage;        // a file could not be read to its end
};

// Blocks. kRetryLater is tried again for a minute.
Result<ImportOutcome> ImportArchives(Stream& stream, const ImportRequest& request,
                                     ProgressBar& progress, const std::stop_token& stop);

}  // namespace latecomer
