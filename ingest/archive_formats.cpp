#include "ingest/archive_format.h"

namespace latecomer {

const std::vector<const ArchiveFormat*>& ArchiveFormats() {
  static const std::vector<const ArchiveFormat*> formats = {
      &kTwitterArchiveFormat, &kMastodonFormat, &kCanonicalFormat,
      &kTwarc2Format,         &kTwitter1Format, &kWxrFormat,
      &kFeedFormat,           &kTagsFormat,     &kCsvFormat,
  };
  return formats;
}

}  // namespace latecomer
