// Splits bytes that come in pieces of any size into lines: of JSON (one object a line), or of
// Server-Sent Events.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace latecomer {

class LineSplitter {
 public:
  enum class Ends {
    kLf,  // LF and CRLF
    kAny  // CR alone, too
  };
  LineSplitter(Ends ends, std::size_t line_bytes_max) : ends_(ends), line_max_(line_bytes_max) {}

  struct Line {
    std::string_view text;  // without its end; until the next call
    bool too_long = false;  // more than the bound: `text` is empty, the line is lost
  };

  void Feed(std::string_view bytes);
  // The next whole line; false: more must be fed first. Memory: the bound, and what was fed.
  bool Next(Line& line);

 private:
  void DropTaken();

  const Ends ends_;
  const std::size_t line_max_;
  std::string buffer_;
  std::size_t begin_ = 0;   // of the line
  std::size_t looked_ = 0;  // no end before this
  bool skip_lf_ = false;    // the line before ended with a CR
  bool skip_line_ = false;  // the line's beginning was dropped
};

}  // namespace latecomer
