// What `latecomer doctor` looks at: everything that a daemon with these settings needs, one finding
// each.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/settings.h"

namespace latecomer {

enum class FindingState { kOk, kWarning, kBad };

struct Finding {
  FindingState state = FindingState::kOk;
  std::string what;    // what was looked at: "broker", "source social"
  std::string found;   // in a sentence
  std::string advice;  // what to do; empty where nothing needs doing
};
using FindingSink = std::function<void(Finding)>;

// Looks at all of it in turn, and tells each finding as it comes. Blocks: what is away is waited
// for some seconds. Changes nothing: makes no topic, no schema and no data directory.
void Examine(const Settings& settings, const FindingSink& tell);

// The parts of it.
void ExamineData(const Settings& settings, const FindingSink& tell);     // doctor_host.cpp
void ExamineClock(const FindingSink& tell);                              // doctor_host.cpp
void ExamineStream(const Settings& settings, const FindingSink& tell);   // doctor_stream.cpp
void ExamineStore(const Settings& settings, const FindingSink& tell);    // doctor_store.cpp
void ExamineSources(const Settings& settings, const FindingSink& tell);  // doctor_sources.cpp
void ExamineAdmin(const Settings& settings, const FindingSink& tell);    // doctor_admin.cpp

}  // namespace latecomer
