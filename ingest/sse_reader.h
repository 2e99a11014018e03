// Reads Server-Sent Events as they come, in pieces of any size: the event stream of
// https://html.spec.whatwg.org/multipage/server-sent-events.html (section 9.2.6), with bounds.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/http_lines.h"

namespace latecomer {

struct SseEvent {
  std::string event;  // its type; "message" where the stream names none
  std::string data;   // the lines, joined by LF; bytes as they came: check that they are UTF-8
};

class SseReader {
 public:
  // An event of more data than that is dropped, whole, and counted; likewise one with a longer
  // line.
  static constexpr std::size_t kEventBytesMax = 4U << 20U;

  explicit SseReader(std::size_t event_bytes_max = kEventBytesMax)
      : bytes_max_(event_bytes_max), lines_(LineSplitter::Ends::kAny, event_bytes_max + 16) {}

  void Feed(std::string_view bytes) { lines_.Feed(bytes); }
  // The next whole event; false: more must be fed first. An event that the end of the stream cuts
  // short is never given, as the specification says.
  bool Next(SseEvent& event);

  // The id of the last whole event, to be sent as Last-Event-ID; "" if none.
  const std::string& last_event_id() const { return last_event_id_; }
  // How long the stream asks to wait before connecting again; nothing if it does not say.
  std::optional<std::chrono::milliseconds> retry() const { return retry_; }
  std::uint64_t comments() const { return comments_; }  // heartbeats, mostly
  std::uint64_t dropped() const { return dropped_; }

 private:
  void TakeField(std::string_view line);
  bool Dispatch(SseEvent& event);

  const std::size_t bytes_max_;
  LineSplitter lines_;
  bool first_line_ = true;
  std::string event_;
  std::string data_;
  bool has_data_ = false;
  bool too_large_ = false;
  std::string id_;  // named, but its event is not whole yet
  std::string last_event_id_;
  std::optional<std::chrono::milliseconds> retry_;
  std::uint64_t comments_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace latecomer
