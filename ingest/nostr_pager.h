// Reads what a relay has stored, page after page into the past, although a relay gives the newest
// first, no more at once than it likes, and knows no other mark to go on from than a second
// (NIP-01: `until`, inclusive). Pure.
//
// The next page begins in the second in which the last one ended, so that nothing is missed; what
// was seen of that second is left out. Where a page holds nothing but that one second, the second
// is asked for by itself, with a higher limit; if that may still not be all of it, it is told as a
// gap, and the pages go on before it.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ingest/nostr_message.h"

namespace latecomer {

class NostrPager {
 public:
  // Seconds, both inclusive. Without `since`, all there is.
  NostrPager(std::optional<std::int64_t> since, std::int64_t until);

  bool done() const { return done_; }
  // What to ask for next, of what `base` selects.
  NostrFilter Next(NostrFilter base) const;
  // What came: leaves in it what is new. Events that were not asked for go.
  void Took(std::vector<NostrEvent>& events);

  // Where it goes on: what came after has been read.
  std::int64_t until() const { return until_; }
  // Seconds of which more may be there than the relay gives at once.
  const std::vector<std::int64_t>& gaps() const { return gaps_; }
  // The relay does not heed `until`: nothing before what came is to be had.
  bool is_stuck() const { return is_stuck_; }

  static constexpr int kLimit = 500;
  static constexpr int kSecondLimit = 5'000;

 private:
  void TookSecond(std::size_t came);

  const std::optional<std::int64_t> since_;
  std::int64_t until_;
  bool whole_second_ = false;  // it is asked for by itself
  bool done_ = false;
  bool is_stuck_ = false;
  std::set<std::string> seen_;  // of the second `until_`
  std::size_t most_ = 0;        // that came at once
  std::vector<std::int64_t> gaps_;
};

}  // namespace latecomer
