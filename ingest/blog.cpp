#include "ingest/blog.h"

#include <curl/curl.h>

#include "ingest/archive_output.h"
#include "ingest/html_out.h"
#include "model/hashtag.h"
#include "model/html.h"

namespace latecomer {
namespace {

constexpr std::size_t kDateBytesMax = 64;

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::optional<TimeMs> ParseRfc822(std::string_view text) {
  text = Trim(text);
  if (text.empty() || text.size() > kDateBytesMax) return std::nullopt;
  const std::time_t seconds = curl_getdate(std::string(text).c_str(), nullptr);
  if (seconds == -1) return std::nullopt;
  return static_cast<TimeMs>(seconds) * 1000;
}

std::optional<TimeMs> ParseWordPressTime(std::string_view text) {
  text = Trim(text);
  if (text.size() != 19 || text.starts_with("0000-")) return std::nullopt;
  return ParseTime(std::string(text) + "Z");
}

bool IsAbsoluteUri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return false;
  for (std::size_t i = 0; i < colon; ++i) {
    if (!IsAlnum(text[i]) && (i == 0 || (text[i] != '+' && text[i] != '-' && text[i] != '.'))) {
      return false;
    }
  }
  return text.find_first_of(" \t\r\n") == std::string_view::npos;
}

std::string NamedAuthorId(std::string_view site, std::string_view name) {
  name = Trim(name);
  if (site.empty() || name.empty()) return {};
  std::string id(site);
  id += "#author-";
  for (char c : name) {
    if (IsAlnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      id += c;
      continue;
    }
    constexpr char kHex[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    id += '%';
    id += kHex[byte >> 4U];
    id += kHex[byte & 15U];
  }
  return id;
}

std::string PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
        HexDigit(text[i + 2]) >= 0) {
      out += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string WordPressParagraphs(std::string_view content) {
  if (content.find("<p>") != std::string_view::npos ||
      content.find("<p ") != std::string_view::npos) {
    return std::string(content);
  }
  std::string out = "<p>";
  content = Trim(content);
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] == '\r') continue;
    if (content[i] != '\n') {
      out += content[i];
      continue;
    }
    std::size_t end = i;
    int breaks = 0;
    while (end < content.size() && (content[end] == '\n' || content[end] == '\r')) {
      if (content[end++] == '\n') ++breaks;
    }
    out += breaks > 1 ? "</p><p>" : "<br>";
    i = end - 1;
  }
  return out + "</p>";
}

void AddHashtagsOfText(ArchivePost& post, Post& to) {
  for (const HashtagInText& found : FindHashtags(TextFromHtml(to.content))) {
    AddHashtag(post, to, found.name);
  }
}

std::string TitledHtml(std::string_view title, std::string_view body) {
  title = Trim(title);
  std::string html;
  if (!title.empty()) {
    html += "<h2>";
    AppendHtmlEscaped(html, title);
    html += "</h2>";
  }
  return html.append(body);
}

}  // namespace latecomer
