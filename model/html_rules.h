// The allow-list of HTML in posts: which elements and attributes may stand, in which spelling, and
// what may not stand in what. SanitiseHtml writes by it, IsSanitised checks by it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latecomer {

inline constexpr std::size_t kHtmlNestingMax = 32;
inline constexpr std::size_t kHtmlAttributesMax = 16;  // of one element
inline constexpr std::size_t kHtmlAttributeBytesMax = 8U << 10U;

struct HtmlElement {
  std::string_view name;
  bool block = false;  // ends an open paragraph; an end of it is a line end
  bool empty = false;  // has neither content nor end tag
};

// An element of the allow-list (static); nullptr for others. `name` in lower case.
const HtmlElement* FindHtmlElement(std::string_view name);

// Whether an element goes with all that is in it.
bool IsDroppedWithContent(std::string_view name);

// The value that an attribute keeps on an element; nothing if it must go. A kept value is kept as
// it is by a second call.
std::optional<std::string> KeepAttribute(const HtmlElement& element, std::string_view name,
                                         std::string_view value);

// The first of the open elements that must be closed before `next` may start (a paragraph before a
// block, a link before a link, a list item before the next one); open.size() if none.
std::size_t FirstToClose(const std::vector<const HtmlElement*>& open, const HtmlElement& next);

// Whether `html` is already what SanitiseHtml writes, or spelled as other sanitisers do (`&quot;`,
// `&#39;`, `&nbsp;` in text): then it may stand as it is. Linear.
bool IsSanitised(std::string_view html);

// Whether text is valid UTF-8 without controls but tab and line feed; and text made so: other
// controls removed, CRLF and CR as LF, what is invalid as U+FFFD.
bool IsCleanText(std::string_view text);
std::string CleanText(std::string_view text);

// What a numeric reference stands for: browsers read 128-159 as Windows-1252, as people meant it.
// 0 where there is no such character.
std::uint32_t ReferencedCodePoint(std::uint32_t number);

// Appends text or the value of an attribute, escaped.
void AppendHtmlText(std::string& out, std::string_view text);
void AppendHtmlAttribute(std::string& out, std::string_view value);

}  // namespace latecomer
