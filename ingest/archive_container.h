// ZIP and tar (packed or not) by libarchive: files that hold files.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ingest/byte_source.h"
#include "model/post.h"

namespace latecomer {

inline constexpr std::size_t kContainerMagicBytes = 512;

// Whether these first bytes (unpacked from gzip or Zstandard) are of a ZIP or a tar file.
bool IsContainer(std::string_view head);

// Walks through the regular files of a container in their order.
class ArchiveContainer {
 public:
  static Result<ArchiveContainer> OpenFile(const std::string& path, const std::string& name);
  static Result<ArchiveContainer> OpenBytes(std::string_view bytes, const std::string& name);
  ArchiveContainer(ArchiveContainer&&) noexcept;
  ~ArchiveContainer();

  // Goes to the next file; false after the last. kInvalid: damaged from here on.
  Result<bool> Next();
  // Its path within, valid UTF-8, at most 300 bytes.
  const std::string& member() const;
  // Its bytes, once. The container must outlive it and not be moved or advanced meanwhile.
  std::unique_ptr<ByteSource> OpenMember();

 private:
  struct Impl;
  explicit ArchiveContainer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Which members hold posts, and whose archive it is.
struct ContainerPlan {
  bool only_outbox = false;  // a Mastodon archive: its other collections hold no posts
  bool only_tweets = false;  // a Twitter archive, likewise
  Author owner;

  bool Wants(std::string_view member) const;
};

// Goes through the whole container. An error leaves in `plan` what was found before it.
Status SurveyContainer(ArchiveContainer& container, ContainerPlan& plan);

// The owner that account.js or actor.json beside a tweets.js or outbox.json names, as when an
// archive has been unpacked; no author where there is none.
Author OwnerBeside(const std::string& path);

}  // namespace latecomer
