// Whatever a stream brings: in one piece or byte by byte it gives the same events, within bounds.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "ingest/sse_reader.h"

namespace {

constexpr std::size_t kBytesMax = 64;

void Require(bool holds) {
  if (!holds) std::abort();
}

struct Read {
  std::vector<latecomer::SseEvent> events;
  std::string last_id;
  std::uint64_t dropped = 0;
};

Read ReadInPieces(std::string_view text, std::size_t piece) {
  latecomer::SseReader reader(kBytesMax);
  Read read;
  for (std::size_t i = 0; i < text.size(); i += piece) {
    reader.Feed(text.substr(i, piece));
    latecomer::SseEvent event;
    while (reader.Next(event)) {
      Require(event.data.size() <= kBytesMax);
      Require(event.data.find('\r') == std::string::npos);
      read.events.push_back(event);
    }
  }
  read.last_id = reader.last_event_id();
  read.dropped = reader.dropped();
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Read whole = ReadInPieces(text, size + 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{50}}) {
    const Read read = ReadInPieces(text, piece);
    Require(read.events.size() == whole.events.size() && read.last_id == whole.last_id &&
            read.dropped == whole.dropped);
    for (std::size_t i = 0; i < read.events.size(); ++i) {
      Require(read.events[i].event == whole.events[i].event);
      Require(read.events[i].data == whole.events[i].data);
    }
  }
  return 0;
}
