// The source `archive`: files of posts, in every format of archive.h.
//
// Options
//   path    a file, or a folder: then what lies in it, and what appears in it later, is read
//   format  a name of ArchiveFormatNames(); absent: each file's is detected
//   poll    how often a folder is looked into; default 2s
//   quiet   how long a file must have been unchanged before it is read; default 5s
//
// The files that lie in the folder count as one archive (see Membership), so how it was cut into
// files makes no difference. A file is known by the digest of its bytes: renaming or touching it
// does not make it new, and it is read once, whatever becomes of it later. When new files appear,
// those that are there already are read again to see what belongs now: move away, or pack, what
// makes a folder large. Finite if `path` is a file, or with SourceSpec::once.
//
// Cursors: key `HASHTAG DIGEST`, value `v1 SET RUN NEXT PICKED`: SET, a digest of the names that
// the hashtag goes by; RUN, of the files that were read together; NEXT, the position to go on from;
// PICKED, a digest of which records were written, or `-` while the file has not been read to its
// end. Key `refused file DIGEST`: in no known format.
#pragma once

#include <memory>

#include "base/result.h"
#include "ingest/source.h"

namespace latecomer {

Result<std::unique_ptr<Source>> MakeArchiveSource(const SourceSpec& spec);

}  // namespace latecomer
