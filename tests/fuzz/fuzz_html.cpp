// Whatever HTML comes in: what goes out is sanitised, stays as it is, and is valid UTF-8.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/html.h"
#include "model/html_rules.h"
#include "model/utf8.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

bool HasTag(std::string_view html, std::string_view name) {
  const std::string start = "<" + std::string(name);
  return html.find(start + " ") != html.npos || html.find(start + ">") != html.npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string html = latecomer::SanitiseHtml(input);
  Require(latecomer::IsCleanText(html));
  Require(latecomer::IsSanitised(html));
  Require(latecomer::SanitiseHtml(html) == html);
  for (const std::string_view name : {"script", "style", "iframe", "object", "svg", "math", "img",
                                      "form", "input", "link", "meta", "base", "template"}) {
    Require(!HasTag(html, name));
  }
  Require(latecomer::IsValidUtf8(latecomer::TextFromHtml(html)));
  latecomer::TextFromHtml(input);

  const std::string of_text = latecomer::HtmlFromText(input);
  Require(latecomer::SanitiseHtml(of_text) == of_text);
  return 0;
}
