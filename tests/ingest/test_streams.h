// Streams that the tests of ingest run on: a suite is compiled once for the embedded one, once for
// Kafka (test_streams_embedded.cpp, test_streams_kafka.cpp). Several processes share one by its
// name.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "stream/stream.h"

namespace latecomer {

// A name for a new log; embedded: its file lies in `folder`.
std::string NameTestStream(const std::string& folder);
// kind,NAME,SESSION_MS of either kind.
Result<std::unique_ptr<Stream>> OpenTestStream(const std::string& name);
// How long a member may be silent.
std::chrono::milliseconds TestSession();

}  // namespace latecomer
