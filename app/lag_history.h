// How long the oldest record that waits has been waiting, found from samples of a log's end: the
// end was first seen past the reader's place at a certain moment, so what waits was there by then.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace latecomer {

// Of one partition and one reader. One thread at a time.
class LagHistory {
 public:
  using Clock = std::chrono::steady_clock;

  // A sample: the reader's place and the end of the log, at `now`; in order of time. Gives the
  // records between them and the time that the first of these has waited: exact to the time between
  // samples (of long lags, to a hundredth), and at most the time since the first sample.
  struct Lag {
    std::int64_t records = 0;
    std::chrono::milliseconds waiting{0};
  };
  Lag Sample(std::int64_t place, std::int64_t end, Clock::time_point now);

 private:
  static constexpr std::size_t kSamplesMax = 512;
  struct Seen {
    Clock::time_point at;
    std::int64_t end;
  };
  // Leaves about half of them, evenly spread.
  void Thin();

  Clock::duration spacing_{};  // between moments that are kept
  std::deque<Seen> seen_;      // moments at which the end had moved, ends rising
};

}  // namespace latecomer
