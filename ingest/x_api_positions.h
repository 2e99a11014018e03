// How far each hashtag has been pulled from X: up to when, and which stretches before that are
// still to be pulled, from their ends backward, since X gives the newest first.
//
// Cursor: key `tag HASHTAG`, value `v1 NAMES FROM UPTO` and then ` FROM TO TOP` for each stretch;
// times in ms by X's clock. NAMES: 16 hex digits, a digest of the names that the hashtag goes by:
// with other names it is pulled anew.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/post_batch.h"
#include "ingest/source.h"

namespace latecomer {

struct XStretch {
  TimeMs from = 0;
  TimeMs to = 0;   // what is later has been pulled
  TimeMs top = 0;  // where it ended at first, for coverage
  bool operator==(const XStretch&) const = default;
};

struct XPosition {
  TimeMs from = 0;  // how far back it was begun
  TimeMs upto = 0;
  std::vector<XStretch> gaps;  // the newest first
};

// One thread. As with Revisits, a batch whose Write fails ends the source.
class XPositions {
 public:
  // kCorrupt: a cursor that makes no sense.
  Status Restore(const SourceSpec& spec, const Cursors& cursors);

  XPosition* Find(const std::string& hashtag);
  XPosition& Begin(const std::string& hashtag) { return positions_[hashtag]; }
  Status Save(PostBatch& batch, const std::string& hashtag) const;

  // A stretch that is newer than all others. Of many the two oldest become one: what lies between
  // them is then pulled again.
  static void AddGap(XPosition& position, const XStretch& gap);
  // A hashtag that has a stretch, after `after` in their order, round and round; "" if none.
  std::string WithGap(const std::string& after) const;
  std::size_t CountGaps() const;

  static constexpr std::size_t kGapsMax = 64;

 private:
  static std::string NamesOf(const FollowedHashtag& hashtag);

  std::map<std::string, std::string> names_;
  std::map<std::string, XPosition> positions_;
};

}  // namespace latecomer
