// HTML from outside, made safe; and the text that people see of it.
#pragma once

#include <string>
#include <string_view>

namespace latecomer {

// Content longer than this (bytes of HTML) is no post; callers reject it.
inline constexpr std::size_t kContentBytesMax = 512U << 10U;

// Reduces HTML to the allow-list and writes it in one spelling, so that it may stand in a page:
// `p br span a del s ins pre code blockquote em strong b i u ul ol li h1`-`h6` and a few more;
// `href` with http, https, mailto, gemini and similar schemes only, `rel`/`class`/`lang`/`dir` as
// far as they are harmless. `<script>`, `<style>` and the like go with all that is in them; other
// elements leave their text. Idempotent: Sanitise(Sanitise(x)) == Sanitise(x). Linear in the input,
// nesting is bounded. Invalid UTF-8 is replaced by U+FFFD.
std::string SanitiseHtml(std::string_view html);

// Plain text as HTML: escaped, line breaks kept as <br>, blank lines as paragraphs.
std::string HtmlFromText(std::string_view text);

// The text of sanitised HTML: without tags, `<br>` and each end of a block (p div blockquote li ul
// ol pre h1-h6) as one LF, entities decoded, Unicode white space trimmed at both ends.
std::string TextFromHtml(std::string_view html);

}  // namespace latecomer
