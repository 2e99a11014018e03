// Reads an archive from memory and shows what came of it as lines of text.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/archive.h"

namespace latecomer {

inline constexpr TimeMs kTestNow = 1'700'000'000'000;  // 2023-11-14T22:13:20Z

struct ReadResult {
  std::vector<std::string> posts;     // canonical JSON
  std::vector<std::string> hashtags;  // of each post, joined by commas
  std::vector<std::string> rejects;   // "where: reason"
  std::vector<PostsValue> values;
  std::string error;  // "" where reading succeeded
};

ArchiveOptions WithFormat(std::string format);

// `name` is "f", the present kTestNow, unless `options` say otherwise.
ReadResult ReadAll(std::string_view bytes, ArchiveOptions options = {});
ReadResult ReadAllOf(const std::string& path, ArchiveOptions options = {});

// The post with that id; an empty one if there is none.
Post Find(const ReadResult& result, std::string_view id);

std::string Gzip(std::string_view bytes);
std::string Zstd(std::string_view bytes);

struct ZipMember {
  std::string name;
  std::string bytes;
};
// A stored or deflated ZIP of these files.
std::string Zip(const std::vector<ZipMember>& members);
std::string TarGz(const std::vector<ZipMember>& members);

}  // namespace latecomer
