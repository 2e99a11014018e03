// A source whose posts are known beforehand, kind "test": post i of source s has the id
// "https://test.example/s/i", and the cursor "next" moves in the transaction that carries it.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "ingest/source.h"
#include "stream/stream.h"

namespace latecomer {

// What scripted sources share in one process.
class ScriptedWorld {
 public:
  // Options of a spec:
  //   posts N        then it is done
  //   batch N        posts a Write; default 1
  //   pause_ms N     before each batch
  //   fail KIND      "retry", "invalid", "fatal", "throw": once `at` posts were written
  //   at N           default 0
  //   times N        how often it fails; default 1
  //   linger_ms N    it ignores that it is asked to stop, so long, and writes on meanwhile
  //   endless yes    it is not finite: then it waits for a stop
  SourceMaker Maker();

  std::uint64_t made(const std::string& name);
  int most_at_once(const std::string& name);  // of the same source
  int running(const std::string& name);

 private:
  friend class ScriptedSource;
  struct Facts {
    std::uint64_t made = 0;
    int failed = 0;
    int running = 0;
    int most_at_once = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Facts> facts_;  // guarded by mutex_
};

SourceSpec ScriptedSpec(const std::string& name, int posts,
                        std::map<std::string, std::string, std::less<>> options = {});
// `count` of them: "s-0", "s-1", …
std::vector<SourceSpec> ScriptedSpecs(int count, int posts,
                                      std::map<std::string, std::string, std::less<>> options = {});

// What the stream holds of scripted sources, read whole.
struct ScriptedFacts {
  std::map<std::string, std::vector<int>> posts;  // by source: numbers in the order of the log
  std::map<std::string, std::int64_t> next;       // by source: the cursor
  std::vector<std::string> faults;                // cursors that went back, keys out of place
};
ScriptedFacts ReadScripted(Stream& stream);
// What is wrong with it, one thing a line; "" where nothing is. Each source must have written posts
// 0 to its cursor, once each, and `posts` of them. kAtRest: however many they are. kAtWork: while
// ingesters are at work, whose posts may have come after the cursors were read.
inline constexpr int kAtRest = -1;
inline constexpr int kAtWork = -2;
std::string FaultsOf(const ScriptedFacts& facts, int sources, int posts);

// All records of a topic.
std::vector<Record> ReadTopic(Stream& stream, const std::string& topic);

}  // namespace latecomer
