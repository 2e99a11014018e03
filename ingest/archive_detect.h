// Which format a file has, by its content.
#pragma once

#include <string_view>

#include "ingest/archive_format.h"

namespace latecomer {

// So much of the unpacked beginning is looked at.
inline constexpr std::size_t kDetectBytes = 64U << 10U;

// The format that the beginning of a file (byte order mark left out) fits; null if none does.
const ArchiveFormat* DetectFormat(std::string_view head);

// The format of that name; null if there is none.
const ArchiveFormat* FindFormat(std::string_view name);

// Scans the object that begins the text, tolerant of being cut short.
JsonSniff SniffJson(std::string_view text);

}  // namespace latecomer
