// A small event, written by hand, that the tests of the API read.
//
//   #tea, an event 10:00-11:00 on 2020-05-01 ("Tea hour"), and one talk a day later.
//   10:00:00 a  ana   "Who is here?"
//   10:00:10 b  ben   "I am" (answers a)
//   10:01:00 c  cy    "Which tea? https://t.example/x?y=1" (nobody answers)
//   10:05:00 d  ben   deleted (answered c)
//   10:06:00 e  cy    answers x, which is missing
//   12:00:00 f  eve   answers b, late by an hour
//   next day 10:00:00 g  ana  "Good morning"
//   10:02:00 r  eve reposts a
#pragma once

#include "memory_store.h"

namespace latecomer {

inline constexpr TimeMs kTen = 1588327200000;  // 2020-05-01T10:00:00.000Z

// An entry with its content; `parent` may be empty. `n` follows from when it was published.
EntryRecord MakeEntry(const std::string& id, TimeMs published, const std::string& author,
                      const std::string& html, const std::string& parent = "");
SessionRecord MakeSession(TimeMs id, TimeMs first, TimeMs last, TimeMs ends,
                          const std::string& event = "");
// The event as records of `timelines`, in an order in which a processor might write them.
std::vector<TimelineRecord> SampleRecords();
void FillSample(MemoryStore& store);

}  // namespace latecomer
