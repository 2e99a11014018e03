// What the formats give their posts and rejects to: the checks that hold for all of them.
#pragma once

#include <string>
#include <string_view>

#include "ingest/archive.h"
#include "ingest/line_reader.h"

namespace latecomer {

inline constexpr std::size_t kSampleBytesMax = 200;
inline constexpr std::size_t kTagsMax = 1000;
inline constexpr std::size_t kAttachmentsMax = 100;

class ArchiveOutput {
 public:
  // `name` is of the file, or FILE!MEMBER; `source` says how far reading has got.
  ArchiveOutput(ArchiveSink& sink, std::string name, const ByteSource& source)
      : sink_(sink), name_(std::move(name)), source_(source) {}

  // What follows comes from this record, line or item. Remembers its beginning for a sample.
  void StartLine(const RecordText& record) { Start(record, false); }
  void StartItem(const RecordText& record) { Start(record, true); }
  // The same for formats that are read by elements and have no text of a record at hand.
  void StartItem(std::uint64_t number, std::string_view sample);

  // Drops addresses that are not http or https, checks the post against the contract's bounds (ids,
  // times, sizes) and gives it to the sink, or rejects it. False once the sink wants no more.
  bool Emit(ArchivePost& post);
  // For a value that has been checked already (canonical lines).
  bool EmitChecked(ArchivePost& post);

  // Rejects the present record; `field` may be empty.
  void Reject(std::string_view field, std::string reason);

  bool stopped() const { return stopped_; }
  const std::string& name() const { return name_; }

 private:
  void Start(const RecordText& record, bool is_item);

  ArchiveSink& sink_;
  std::string name_;
  const ByteSource& source_;
  bool is_item_ = false;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_ = 0;
  std::string sample_;
  bool stopped_ = false;
};

// Makes `post.value` a Post without any field set, keeping memory for the next one.
Post& ResetPost(ArchivePost& post);

// Adds a hashtag as it is written (with or without its `#`): to the `tag` array under its display
// name, and folded to `hashtags`, once. What cannot be a hashtag is left out.
void AddHashtag(ArchivePost& post, Post& to, std::string_view written);

}  // namespace latecomer
