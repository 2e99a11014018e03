// The contract of an archive format, and the registry. A format is one file of this folder that
// defines one ArchiveFormat, and one line in archive_formats.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ingest/archive.h"
#include "ingest/archive_output.h"
#include "ingest/byte_source.h"
#include "model/post.h"

namespace latecomer {

// The top level of a JSON object, as far as the beginning of a file shows it.
struct JsonSniff {
  std::vector<std::string> keys;
  std::string type;             // the value of "type" or "@type", if it is a string
  bool data_is_nested = false;  // "data" holds an object or an array
  bool Has(std::string_view key) const;
};

// What a format is recognised by: the unpacked beginning, a byte order mark left out.
struct ArchiveHead {
  std::string_view bytes;
  const JsonSniff* json = nullptr;  // an object that begins a line; none if the file is no JSON
};

struct ArchiveInput {
  PeekSource& source;  // unpacked, a byte order mark left out
  const ArchiveOptions& options;
  ArchiveOutput& out;
  Author owner;  // of an archive that belongs to one account; may be empty
};

struct ArchiveFormat {
  std::string_view name;
  std::string_view description;
  bool (*fits)(const ArchiveHead& head);
  // Reads to the end, or until out.stopped(). What is wrong in one record is rejected; an error is
  // one that ends reading, from the source or a file that breaks the format as a whole.
  Status (*read)(ArchiveInput& input);
};

extern const ArchiveFormat kCanonicalFormat;
extern const ArchiveFormat kTwarc2Format;
extern const ArchiveFormat kTwitter1Format;
extern const ArchiveFormat kTwitterArchiveFormat;
extern const ArchiveFormat kMastodonFormat;
extern const ArchiveFormat kWxrFormat;
extern const ArchiveFormat kFeedFormat;
extern const ArchiveFormat kTagsFormat;
extern const ArchiveFormat kCsvFormat;

// In the order in which they are tried.
const std::vector<const ArchiveFormat*>& ArchiveFormats();

// The present for `source.retrieved`; nothing where the caller has stated none.
std::optional<TimeMs> RetrievedNow(const ArchiveOptions& options);

}  // namespace latecomer
