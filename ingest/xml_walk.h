// XML from outside, element by element (libxml2's xmlTextReader): no network, no DTD loaded, no
// entities of the document's own, nesting bounded by libxml2 at 256 levels.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ingest/byte_source.h"

namespace latecomer {

inline constexpr std::size_t kXmlTextBytesMax = 1U << 20U;

class XmlAttributes {
 public:
  virtual ~XmlAttributes() = default;
  // The value of an attribute without a namespace; "".
  virtual std::string Get(const char* name) const = 0;
};

// Names are "local" or "prefix:local" with *our* prefix of the namespace, whatever the document
// calls it: wp, content, dc, thr, slash, wfw, at (RFC 6721); Atom, RSS 1 and no namespace have
// none, others "?".
class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  virtual void Start(std::string_view name, const XmlAttributes& attributes) = 0;
  // `text` is what stands in it before and between its child elements, with nested elements as HTML
  // after KeepMarkup; cut short (then `cut`) at kXmlTextBytesMax.
  virtual void End(std::string_view name, const std::string& text, bool cut) = 0;
  virtual bool stopped() const = 0;
  // Asked at Start's end: elements within are not announced, but written into the text.
  virtual bool KeepMarkup() const { return false; }
};

// Reads to the end or until stopped(). kInvalid with `name` and line: no well-formed XML from there
// on, an entity declared, nested too deeply; what stands before has been given. `encoding`: instead
// of what the document says of itself; "": as it says.
Status WalkXml(ByteSource& source, const std::string& name, XmlHandler& handler,
               const std::string& encoding = "");

}  // namespace latecomer
