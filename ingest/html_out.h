// Writes plain text and links as HTML in the very spelling of SanitiseHtml, so that sanitising the
// result changes nothing and need not be done: paragraphs at blank lines, <br> at other line ends.
#pragma once

#include <string>
#include <string_view>

namespace latecomer {

class HtmlOut {
 public:
  // Plain UTF-8; CRLF counts as LF.
  void Text(std::string_view text);
  // A link with a text. What is no http or https address stands as text.
  void Link(std::string_view href, std::string_view text);
  // The HTML; "" if nothing but white space was written. Leaves the writer empty.
  std::string Take();

 private:
  void BeginVisible();

  std::string html_;
  std::string indent_;      // blanks of a line of which nothing is seen yet
  std::size_t breaks_ = 0;  // line ends since what was seen last
  bool open_ = false;       // a paragraph
};

// Appends text as it may stand in an element or a quoted attribute.
void AppendHtmlEscaped(std::string& out, std::string_view text);

}  // namespace latecomer
