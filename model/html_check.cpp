// Whether HTML is sanitised already. Strict on purpose: this check, not the lenient parser, is what
// stands between markup from outside and a page.
#include <algorithm>
#include <array>
#include <utility>

#include "model/html_rules.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

// The references that may stand, and what each stands for.
constexpr std::pair<std::string_view, std::string_view> kReferences[] = {
    {"&amp;", "&"}, {"&lt;", "<"},    {"&gt;", ">"},
    {"&#39;", "'"}, {"&quot;", "\""}, {"&nbsp;", "\xC2\xA0"}};

class Checker {
 public:
  explicit Checker(std::string_view html) : html_(html) {}

  bool Run() {
    while (at_ < html_.size()) {
      const std::size_t special = html_.find_first_of("<&", at_);
      if (special == html_.npos) break;
      at_ = special;
      if (html_[at_] == '&' ? !Reference(nullptr) : !Tag()) return false;
    }
    return open_.empty();
  }

 private:
  bool Take(std::string_view text) {
    if (!html_.substr(at_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }

  std::string_view Name() {
    const std::size_t begin = at_;
    while (at_ < html_.size() &&
           ((html_[at_] >= 'a' && html_[at_] <= 'z') || (html_[at_] >= '0' && html_[at_] <= '9'))) {
      ++at_;
    }
    return html_.substr(begin, at_ - begin);
  }

  bool Reference(std::string* decoded) {
    for (const auto& [reference, meaning] : kReferences) {
      if (!Take(reference)) continue;
      if (decoded != nullptr) *decoded += meaning;
      return true;
    }
    return false;
  }

  bool Tag() {
    ++at_;
    if (Take("/")) {
      if (open_.empty() || Name() != open_.back()->name) return false;
      open_.pop_back();
      return Take(">");
    }
    const HtmlElement* element = FindHtmlElement(Name());
    if (element == nullptr || FirstToClose(open_, *element) != open_.size()) return false;
    if (!Attributes(*element)) return false;
    if (element->empty) return true;
    open_.push_back(element);
    return open_.size() <= kHtmlNestingMax;
  }

  bool Attributes(const HtmlElement& element) {
    std::array<std::string_view, kHtmlAttributesMax> names;
    for (std::size_t count = 0; !Take(">"); ++count) {
      if (count == kHtmlAttributesMax || !Take(" ")) return false;
      names[count] = Name();
      const auto end = names.begin() + static_cast<std::ptrdiff_t>(count);
      if (std::find(names.begin(), end, names[count]) != end) return false;
      if (!Take("=\"") || !Value(element, names[count])) return false;
    }
    return true;
  }

  bool Value(const HtmlElement& element, std::string_view name) {
    std::string value;
    while (!Take("\"")) {
      const std::size_t special = html_.find_first_of("\"&<>", at_);
      if (special == html_.npos) return false;
      value += html_.substr(at_, special - at_);
      at_ = special;
      if (html_[at_] == '"') continue;
      if (html_[at_] != '&' || !Reference(&value)) return false;
    }
    return KeepAttribute(element, name, value) == value;
  }

  std::string_view html_;
  std::size_t at_ = 0;
  std::vector<const HtmlElement*> open_;
};

}  // namespace

bool IsSanitised(std::string_view html) { return Checker(html).Run(); }

std::string CleanText(std::string_view html) {
  std::string out;
  out.reserve(html.size());
  std::size_t at = 0;
  while (at < html.size()) {
    const std::size_t valid = FindInvalidUtf8(html.substr(at)) + at;
    for (; at < valid; ++at) {
      const auto c = static_cast<unsigned char>(html[at]);
      if (c == '\r') {
        if (at + 1 >= html.size() || html[at + 1] != '\n') out += '\n';
      } else if (c == 0xC2 && static_cast<unsigned char>(html[at + 1]) < 0xA0) {
        ++at;
      } else if ((c >= ' ' && c != 0x7F) || c == '\t' || c == '\n') {
        out += html[at];
      }
    }
    if (at == html.size()) break;
    out += "\xEF\xBF\xBD";
    ++at;
  }
  return out;
}

bool IsCleanText(std::string_view html) {
  for (std::size_t i = 0; i < html.size(); ++i) {
    const auto c = static_cast<unsigned char>(html[i]);
    if ((c < ' ' && c != '\t' && c != '\n') || c == 0x7F) return false;
    if (c == 0xC2 && i + 1 < html.size() && static_cast<unsigned char>(html[i + 1]) < 0xA0) {
      return false;
    }
  }
  return IsValidUtf8(html);
}

std::uint32_t ReferencedCodePoint(std::uint32_t number) {
  static constexpr std::uint16_t kWindows1252[32] = {
      0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
      0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
  return number >= 0x80 && number < 0xA0 ? kWindows1252[number - 0x80] : number;
}

}  // namespace latecomer
