#include "ingest/html_out.h"

#include <algorithm>
#include <utility>

#include "model/html_rules.h"

namespace latecomer {

void HtmlOut::BeginVisible() {
  if (open_ && breaks_ > 1) {
    html_ += "</p><p>";
  } else if (!open_) {
    html_ += "<p>";
  } else if (breaks_ == 1) {
    html_ += "<br>";
  }
  open_ = true;
  breaks_ = 0;
  html_ += indent_;
  indent_.clear();
}

void HtmlOut::Text(std::string_view text) {
  if (!IsCleanText(text)) {
    Text(CleanText(text));
    return;
  }
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const bool visible = line.find_first_not_of(" \t") != std::string_view::npos;
    if (visible || (open_ && breaks_ == 0)) {
      BeginVisible();
      AppendHtmlText(html_, line);
    } else {
      indent_ += line;
    }
    if (end == text.size()) break;
    ++breaks_;
    indent_.clear();
    text.remove_prefix(end + 1);
  }
}

void HtmlOut::Link(std::string_view href, std::string_view text) {
  const bool web = href.starts_with("http://") || href.starts_with("https://");
  const std::optional<std::string> address =
      web ? KeepAttribute(*FindHtmlElement("a"), "href", href) : std::nullopt;
  if (!address || text.empty() || !IsCleanText(text) || text.find('\n') != std::string_view::npos) {
    Text(text);
    return;
  }
  BeginVisible();
  html_ += "<a href=\"";
  AppendHtmlAttribute(html_, *address);
  html_ += "\">";
  AppendHtmlText(html_, text);
  html_ += "</a>";
}

std::string HtmlOut::Take() {
  if (open_) html_ += "</p>";
  open_ = false;
  breaks_ = 0;
  indent_.clear();
  return std::exchange(html_, {});
}

void AppendHtmlEscaped(std::string& out, std::string_view text) {
  AppendHtmlAttribute(out, CleanText(text));
}

}  // namespace latecomer
