#include "model/html.h"

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>

#include <algorithm>
#include <memory>

#include "model/code_point.h"
#include "model/html_rules.h"

namespace latecomer {
namespace {

// libxml2 searches its whole stack of open elements at each end tag, and all attributes of a tag at
// each further one: past these bounds it would be quadratic.
constexpr int kParserNestingMax = 128;
constexpr std::size_t kParserAttributesMax = 128;
// How often parsing starts anew where the nesting got too deep. Each time copies what is left.
constexpr int kRunsMax = 64;

// An element that is never closed by another one. Inside it libxml2 invents no paragraph.
constexpr std::string_view kRoot = "<latecomer>";

std::string_view View(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

// What the parser decoded. References may bring back the controls that the input has no more.
std::string Decoded(std::string_view text) {
  if (IsCleanText(text)) return std::string(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const UChar32 c = NextCodePoint(text, at);
    const bool second_control = c >= 0x80 && c < 0xA0;
    if (!second_control) {
      out += text.substr(begin, at - begin);
    } else if (const std::uint32_t meant = ReferencedCodePoint(static_cast<std::uint32_t>(c))) {
      AppendCodePoint(out, meant);
    }
  }
  return CleanText(out);
}

// Writes what the parser finds, as far as it is allowed, nested properly whatever comes.
class Writer {
 public:
  void Start(std::string_view name, const xmlChar** attributes) {
    if (dropping_ > 0 || IsDroppedWithContent(name)) {
      ++dropping_;
      return;
    }
    const HtmlElement* element = FindHtmlElement(name);
    if (element == nullptr) {
      nodes_.push_back(nullptr);
      return;
    }
    Close(FirstToClose(open_, *element));
    const bool write = element->empty || open_.size() < kHtmlNestingMax;
    if (write) WriteTag(*element, attributes);
    if (write && !element->empty) open_.push_back(element);
    nodes_.push_back(write && !element->empty ? element : nullptr);
  }

  void End() {
    if (dropping_ > 0) {
      --dropping_;
      return;
    }
    if (nodes_.empty()) return;
    const HtmlElement* element = nodes_.back();
    nodes_.pop_back();
    if (element == nullptr) return;
    // It may have been closed before, by what cannot stand in it.
    const auto still_wanted =
        static_cast<std::size_t>(std::count(nodes_.begin(), nodes_.end(), element));
    const auto still_open =
        static_cast<std::size_t>(std::count(open_.begin(), open_.end(), element));
    if (still_open <= still_wanted) return;
    std::size_t last = open_.size() - 1;
    while (open_[last] != element) --last;
    Close(last);
  }

  void Text(std::string_view text) {
    if (dropping_ > 0) return;
    if (IsCleanText(text)) {
      AppendHtmlText(out_, text);
    } else {
      AppendHtmlText(out_, Decoded(text));
    }
  }

  std::string Finish() {
    Close(0);
    return std::move(out_);
  }

 private:
  void Close(std::size_t first) {
    while (open_.size() > first) {
      out_ += "</";
      out_ += open_.back()->name;
      out_ += '>';
      open_.pop_back();
    }
  }

  void WriteTag(const HtmlElement& element, const xmlChar** attributes) {
    out_ += '<';
    out_ += element.name;
    std::size_t count = 0;
    for (; attributes != nullptr && attributes[0] != nullptr; attributes += 2) {
      const std::optional<std::string> value =
          KeepAttribute(element, View(attributes[0]), Decoded(View(attributes[1])));
      if (!value || count == kHtmlAttributesMax) continue;
      ++count;
      out_ += ' ';
      out_ += View(attributes[0]);
      out_ += "=\"";
      AppendHtmlAttribute(out_, *value);
      out_ += '"';
    }
    out_ += '>';
  }

  std::string out_;
  std::vector<const HtmlElement*> open_;   // what is written and not closed
  std::vector<const HtmlElement*> nodes_;  // what the parser has open; nullptr: not written
  std::size_t dropping_ = 0;               // open elements at and below one that is dropped
};

// One run of the parser, from some position to the end or to where its nesting gets too deep.
struct Run {
  Writer& writer;
  xmlParserCtxtPtr parser = nullptr;
  long stopped_at = -1;  // in what the parser reads
};

void OnStart(void* data, const xmlChar* name, const xmlChar** attributes) {
  Run& run = *static_cast<Run*>(data);
  if (run.stopped_at >= 0 || View(name) == "latecomer") return;
  run.writer.Start(View(name), attributes);
  // The content of raw text elements has to be read by the parser that saw their start.
  const bool raw = View(name) == "script" || View(name) == "style";
  if (run.parser->nameNr <= kParserNestingMax || raw) return;
  run.stopped_at = xmlByteConsumed(run.parser);
  xmlStopParser(run.parser);
}

void OnEnd(void* data, const xmlChar* name) {
  Run& run = *static_cast<Run*>(data);
  if (run.stopped_at < 0 && View(name) != "latecomer") run.writer.End();
}

void OnText(void* data, const xmlChar* text, int size) {
  Run& run = *static_cast<Run*>(data);
  if (run.stopped_at < 0) {
    run.writer.Text({reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)});
  }
}

struct FreeParser {
  void operator()(htmlParserCtxtPtr parser) const { htmlFreeParserCtxt(parser); }
};

// Parses `html` into `writer`; says how far it got.
std::size_t Parse(std::string_view html, Writer& writer) {
  // Once, before several threads race for it.
  [[maybe_unused]] static const bool ready = (xmlInitParser(), true);
  std::string input(kRoot);
  input += html;
  const std::unique_ptr<htmlParserCtxt, FreeParser> parser(
      htmlCreateMemoryParserCtxt(input.data(), static_cast<int>(input.size())));
  if (!parser) return html.size();
  Run run{writer, parser.get()};
  htmlCtxtUseOptions(parser.get(), HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                                       HTML_PARSE_NONET | HTML_PARSE_NOIMPLIED |
                                       HTML_PARSE_IGNORE_ENC | HTML_PARSE_COMPACT);
  xmlSwitchEncoding(parser.get(), XML_CHAR_ENCODING_UTF8);
  xmlSAXHandler& sax = *parser->sax;
  sax = {};
  sax.startElement = OnStart;
  sax.endElement = OnEnd;
  sax.characters = OnText;
  sax.ignorableWhitespace = OnText;
  parser->userData = &run;
  htmlParseDocument(parser.get());
  if (run.stopped_at < 0) return html.size();
  const auto at = static_cast<std::size_t>(run.stopped_at);
  const std::size_t close = input.find('>', at);
  return close == input.npos ? html.size() : close + 1 - kRoot.size();
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsNamePart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Reads the attributes from `at` on to the `>` of their tag as libxml2 does (quotes count behind
// `=` only), says where that stands, and counts them; too many rather than too few.
std::size_t SkipAttributes(std::string_view html, std::size_t at, std::size_t& count) {
  while (at < html.size() && html[at] != '>') {
    if (html[at] != '=') {
      count += IsBlank(html[at]) || html[at] == '/' || html[at] == '"' || html[at] == '\'';
      ++at;
      continue;
    }
    ++count;
    ++at;
    while (at < html.size() && IsBlank(html[at])) ++at;
    if (at == html.size() || (html[at] != '"' && html[at] != '\'')) continue;
    const std::size_t end = html.find(html[at], at + 1);
    at = end == html.npos ? html.size() : end + 1;
  }
  return at;
}

// Tags with more attributes than an honest one has lose all of them.
std::string CutHugeTags(std::string_view html) {
  std::string out;
  std::size_t copied = 0;
  std::size_t at = 0;
  while ((at = html.find('<', at)) != html.npos) {
    if (html.substr(at).starts_with("<!--")) {
      at = std::min(html.find("-->", at + 4), html.size());
      continue;
    }
    std::size_t name_end = ++at;
    while (name_end < html.size() && IsNamePart(html[name_end])) ++name_end;
    if (name_end == at) continue;
    std::size_t count = 0;
    at = SkipAttributes(html, name_end, count);
    if (count <= kParserAttributesMax) continue;
    out += html.substr(copied, name_end - copied);
    copied = at;
  }
  out += html.substr(copied);
  return out;
}

}  // namespace

std::string SanitiseHtml(std::string_view html) {
  if (!IsCleanText(html)) return SanitiseHtml(CleanText(html));
  if (IsSanitised(html)) return std::string(html);
  const std::string cut = CutHugeTags(html);
  Writer writer;
  std::string_view rest = cut;
  for (int run = 0; run < kRunsMax && !rest.empty(); ++run) {
    rest.remove_prefix(Parse(rest, writer));
  }
  // Thousands of elements that nobody closed: of what follows, the text.
  if (!rest.empty()) writer.Text(TextFromHtml(rest));
  return writer.Finish();
}

}  // namespace latecomer
