// One ingester with scripted sources as a process of its own, for tests that kill and pause it.
//   ingest_worker STREAM INSTANCE SOURCES POSTS BATCH PAUSE_MS [CRASH_AT]
// Ends by itself once all sources are done here, or is ended by SIGTERM. With CRASH_AT it dies in
// the middle of the writers' call of that number, counted from 1 over all of them.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "base/stop_signals.h"
#include "ingest/ingest_loop.h"
#include "stream/topics.h"
#include "tests/ingest/crashing_stream.h"
#include "tests/ingest/scripted_source.h"
#include "tests/ingest/test_streams.h"

namespace latecomer {
namespace {

int Work(char** argv, long crash_at) {
  StopSignals signals;
  Result<std::unique_ptr<Stream>> inner = OpenTestStream(argv[1]);
  if (!inner) {
    std::fprintf(stderr, "%s\n", inner.error().message.c_str());
    return 2;
  }
  CrashingStream stream(**inner, crash_at);
  ScriptedWorld world;
  IngestLoopSettings settings;
  settings.instance = argv[2];
  settings.run.make = world.Maker();
  settings.run.restart_first = std::chrono::milliseconds(100);
  settings.run.restart_most = std::chrono::milliseconds(1'000);
  IngestLoop loop(stream,
                  ScriptedSpecs(std::atoi(argv[3]), std::atoi(argv[4]),
                                {{"batch", argv[5]}, {"pause_ms", argv[6]}}),
                  settings);
  std::jthread watcher([&](const std::stop_token& stop) {
    while (!stop.stop_requested() && !signals.WaitFor(std::chrono::milliseconds(20))) {
      if (loop.IsIdle()) signals.RequestStop();
    }
  });
  const Status ran = loop.Run(signals.token());
  if (!ran) std::fprintf(stderr, "%s: %s\n", argv[2], ran.error().message.c_str());
  return ran ? 0 : 1;
}

}  // namespace
}  // namespace latecomer

int main(int argc, char** argv) {
  if (argc < 7) return 2;
  latecomer::SetUpLog({"warn", "human", "ingest", ""});
  return latecomer::Work(argv, argc > 7 ? std::atol(argv[7]) : 0);
}
