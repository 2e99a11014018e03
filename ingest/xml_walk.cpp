#include "ingest/xml_walk.h"

#include <libxml/xmlreader.h>

#include <climits>
#include <memory>
#include <vector>

#include "ingest/html_out.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

struct FreeReader {
  void operator()(xmlTextReader* reader) const { xmlFreeTextReader(reader); }
};
struct FreeXml {
  void operator()(xmlChar* text) const { xmlFree(text); }
};

std::string_view View(const xmlChar* text) {
  return text != nullptr ? std::string_view(reinterpret_cast<const char*>(text))
                         : std::string_view();
}

std::string_view Prefix(std::string_view uri) {
  if (uri.empty() || uri == "http://www.w3.org/2005/Atom" || uri == "http://purl.org/rss/1.0/") {
    return "";
  }
  if (uri.starts_with("http://wordpress.org/export/")) {
    return uri.find("/excerpt") == std::string_view::npos ? "wp:" : "excerpt:";
  }
  if (uri == "http://purl.org/rss/1.0/modules/content/") return "content:";
  if (uri == "http://purl.org/dc/elements/1.1/") return "dc:";
  if (uri == "http://purl.org/syndication/thread/1.0") return "thr:";
  if (uri == "http://purl.org/rss/1.0/modules/slash/") return "slash:";
  if (uri == "http://wellformedweb.org/CommentAPI/") return "wfw:";
  if (uri == "http://purl.org/atompub/tombstones/1.0") return "at:";
  if (uri == "http://www.w3.org/1999/02/22-rdf-syntax-ns#") return "rdf:";
  return "?:";
}

// What libxml2 calls back for more bytes.
struct Input {
  ByteSource& source;
  Status failed;
};

int ReadMore(void* context, char* out, int size) {
  auto* input = static_cast<Input*>(context);
  if (!input->failed || size <= 0) return input->failed ? 0 : -1;
  Result<std::size_t> got = input->source.Read(out, static_cast<std::size_t>(size));
  if (got) return static_cast<int>(*got);
  input->failed = got.error();
  return -1;
}

int Close(void*) { return 0; }

class Walk final : public XmlAttributes {
 public:
  Walk(ByteSource& source, const std::string& name, XmlHandler& handler,
       const std::string& encoding)
      : input_{source, {}}, name_(name), handler_(handler) {
    reader_.reset(xmlReaderForIO(&ReadMore, &Close, &input_, nullptr,
                                 encoding.empty() ? nullptr : encoding.c_str(),
                                 XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
    if (reader_) xmlTextReaderSetStructuredErrorHandler(reader_.get(), &KeepError, this);
  }

  Status Run() {
    if (!reader_) return Fatal("libxml2 cannot be started: out of memory.");
    for (;;) {
      const int result = xmlTextReaderRead(reader_.get());
      if (!input_.failed) return input_.failed;
      if (result == 0) return {};
      if (result < 0) return Broken(error_.empty() ? "it is no well-formed XML" : error_);
      Status node = Node();
      if (!node) return node;
      if (handler_.stopped()) return {};
    }
  }

  std::string Get(const char* name) const override {
    const std::unique_ptr<xmlChar, FreeXml> value(
        xmlTextReaderGetAttribute(reader_.get(), reinterpret_cast<const xmlChar*>(name)));
    return std::string(View(value.get()));
  }

 private:
  struct Element {
    std::string name;
    std::string text;
    bool cut = false;
  };

  static void KeepError(void* context, xmlErrorPtr error) {
    auto* walk = static_cast<Walk*>(context);
    if (!walk->error_.empty() || error == nullptr || error->message == nullptr) return;
    if (error->level < XML_ERR_ERROR) return;
    std::string_view message = error->message;
    while (message.ends_with('\n')) message.remove_suffix(1);
    walk->error_ = Sample(message, 200);
    walk->error_line_ = error->line;
  }

  Error Broken(const std::string& what) const {
    const int line =
        error_line_ > 0 ? error_line_ : xmlTextReaderGetParserLineNumber(reader_.get());
    return Invalid(name_ + ":" + std::to_string(line) + ": " + what + ".");
  }

  Status Node() {
    switch (xmlTextReaderNodeType(reader_.get())) {
      case XML_READER_TYPE_ELEMENT:
        Start();
        return {};
      case XML_READER_TYPE_END_ELEMENT:
        End();
        return {};
      case XML_READER_TYPE_TEXT:
      case XML_READER_TYPE_CDATA:
      case XML_READER_TYPE_WHITESPACE:
      case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
        Text(View(xmlTextReaderConstValue(reader_.get())));
        return {};
      case XML_READER_TYPE_ENTITY_REFERENCE:
        return Broken("an entity of the document's own is not read");
      case XML_READER_TYPE_DOCUMENT_TYPE:
        return CheckDoctype();
      default:
        return {};
    }
  }

  // A feed has no use for entities, but an attacker has.
  Status CheckDoctype() {
    const xmlNode* node = xmlTextReaderCurrentNode(reader_.get());
    if (node == nullptr || node->type != XML_DTD_NODE) return {};
    const auto* subset = reinterpret_cast<const xmlDtd*>(node);
    if (subset->entities == nullptr && subset->pentities == nullptr) return {};
    return Broken("the document declares entities, which are not read");
  }

  std::string Name() const {
    std::string name(Prefix(View(xmlTextReaderConstNamespaceUri(reader_.get()))));
    return name.append(View(xmlTextReaderConstLocalName(reader_.get())));
  }

  void Start() {
    const bool empty = xmlTextReaderIsEmptyElement(reader_.get()) == 1;
    if (markup_depth_ > 0) {
      StartMarkup(empty);
      return;
    }
    elements_.push_back({Name(), "", false});
    handler_.Start(elements_.back().name, *this);
    if (handler_.KeepMarkup() && !empty) markup_depth_ = 1;
    if (empty) End();
  }

  void End() {
    if (markup_depth_ > 1) {
      --markup_depth_;
      Append("</" + std::string(View(xmlTextReaderConstLocalName(reader_.get()))) + ">");
      return;
    }
    markup_depth_ = 0;
    const Element element = std::move(elements_.back());
    elements_.pop_back();
    handler_.End(element.name, element.text, element.cut);
  }

  void StartMarkup(bool empty) {
    std::string tag = "<" + std::string(View(xmlTextReaderConstLocalName(reader_.get())));
    for (const char* attribute : {"href", "src", "alt"}) {
      const std::string value = Get(attribute);
      if (value.empty()) continue;
      tag.append(" ").append(attribute).append("=\"");
      AppendHtmlEscaped(tag, value);
      tag += '"';
    }
    Append(tag + (empty ? "/>" : ">"));
    if (!empty) ++markup_depth_;
  }

  void Text(std::string_view text) {
    if (elements_.empty()) return;
    if (markup_depth_ == 0) {
      Append(text);
      return;
    }
    std::string escaped;
    AppendHtmlEscaped(escaped, text);
    Append(escaped);
  }

  void Append(std::string_view text) {
    Element& element = elements_.back();
    if (element.text.size() + text.size() > kXmlTextBytesMax) {
      element.cut = true;
      return;
    }
    element.text += text;
  }

  Input input_;
  std::string name_;
  XmlHandler& handler_;
  std::unique_ptr<xmlTextReader, FreeReader> reader_;
  std::vector<Element> elements_;
  int markup_depth_ = 0;  // 1: in the element that keeps markup; more: in elements within it
  std::string error_;
  int error_line_ = 0;
};

}  // namespace

Status WalkXml(ByteSource& source, const std::string& name, XmlHandler& handler,
               const std::string& encoding) {
  return Walk(source, name, handler, encoding).Run();
}

}  // namespace latecomer
