// SanitiseHtml against those who mean harm: properties that hold for any input, and bounds in time.
#include <boost/test/unit_test.hpp>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "model/html.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

std::string Repeat(std::string_view text, std::size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

// Every tag of what is sanitised, one after the other, without its attributes.
std::vector<std::string> Tags(const std::string& html) {
  std::vector<std::string> tags;
  for (std::size_t at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find_first_of(" >", at);
    tags.push_back(html.substr(at + 1, end - at - 1));
  }
  return tags;
}

// What must hold of the result for any input at all.
void CheckHarmless(const std::string& from) {
  const std::string html = SanitiseHtml(from);
  BOOST_REQUIRE_MESSAGE(SanitiseHtml(html) == html, "not idempotent: " << from);
  BOOST_REQUIRE(IsValidUtf8(html));
  std::vector<std::string> open;
  for (const std::string& tag : Tags(html)) {
    BOOST_REQUIRE_MESSAGE(tag.find_first_not_of("abcdefghijklmnopqrstuvwxyz123456/") == tag.npos,
                          tag << " of " << from);
    for (const char* bad : {"script", "style", "iframe", "object", "img", "svg", "form", "input"}) {
      BOOST_REQUIRE_MESSAGE(tag != bad, tag << " of " << from);
    }
    if (tag.starts_with('/')) {
      BOOST_REQUIRE_MESSAGE(!open.empty() && "/" + open.back() == tag, html << " of " << from);
      open.pop_back();
    } else if (tag != "br" && tag != "hr") {
      open.push_back(tag);
      BOOST_REQUIRE(open.size() <= 32);
    }
  }
  BOOST_REQUIRE_MESSAGE(open.empty(), html << " of " << from);
  for (const char* bad :
       {"javascript:", "vbscript:", "data:", " onclick=", " onerror=", " style="}) {
    // As text they are harmless; in a tag they are not.
    for (std::size_t at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
      const std::string tag = html.substr(at, html.find('>', at) - at);
      if (tag.starts_with("<a ") && tag.find("title=") != tag.npos) continue;
      BOOST_REQUIRE_MESSAGE(tag.find(std::string("=\"") + bad) == tag.npos, tag << " of " << from);
      if (bad[0] == ' ') BOOST_REQUIRE_MESSAGE(tag.find(bad) == tag.npos, tag << " of " << from);
    }
  }
}

// Milliseconds of the processor, which do not depend on what else the machine does.
std::int64_t MsOf(const std::string& from) {
  const std::clock_t begin = std::clock();
  const std::string html = SanitiseHtml(from);
  const std::string text = TextFromHtml(from) + HtmlFromText(from);
  const std::clock_t spent = std::clock() - begin;
  BOOST_TEST(SanitiseHtml(html) == html);
  return spent * 1000 / CLOCKS_PER_SEC;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(html_hostile)

BOOST_AUTO_TEST_CASE(random_hostile_html) {
  static constexpr const char* kPieces[] = {"<",
                                            ">",
                                            "</",
                                            "/>",
                                            "<!--",
                                            "-->",
                                            "<!",
                                            "<?",
                                            "]]>",
                                            "<![CDATA[",
                                            "&",
                                            "&#",
                                            "&#x",
                                            ";",
                                            "\"",
                                            "'",
                                            "=",
                                            " ",
                                            "\n",
                                            "\t",
                                            "\r",
                                            "/",
                                            "a",
                                            "p",
                                            "b",
                                            "br",
                                            "ul",
                                            "li",
                                            "ol",
                                            "pre",
                                            "div",
                                            "span",
                                            "h1",
                                            "table",
                                            "td",
                                            "script",
                                            "style",
                                            "svg",
                                            "math",
                                            "title",
                                            "textarea",
                                            "iframe",
                                            "object",
                                            "body",
                                            "html",
                                            "head",
                                            "frameset",
                                            "option",
                                            "select",
                                            "form",
                                            "font",
                                            "latecomer",
                                            "href",
                                            "class",
                                            "onclick",
                                            "javascript:",
                                            "https://a.example/",
                                            "amp",
                                            "lt",
                                            "quot",
                                            "nbsp",
                                            "colon",
                                            "Tab",
                                            "10",
                                            "106",
                                            "6A",
                                            "0",
                                            "é",
                                            "漢",
                                            "\xF0\x9F\x98\x80",
                                            "\xFF",
                                            "\xC3",
                                            "\xE2\x80",
                                            "\xC2\x85",
                                            "<p>",
                                            "</p>",
                                            "<b>",
                                            "</b>",
                                            "<a href=\"",
                                            "<ul><li>",
                                            "<script>",
                                            "</script>",
                                            "<style>",
                                            "</style>",
                                            "<br/>",
                                            "<hr>",
                                            "<li>",
                                            "</ul>",
                                            "<a>",
                                            "</a>",
                                            "<p class=\"h-card\">",
                                            "<blockquote>",
                                            "</blockquote>",
                                            "<dl><dt>",
                                            "<dd>",
                                            "<h1>",
                                            "</body>",
                                            "<ruby>",
                                            "<rt>",
                                            "&amp;",
                                            "&lt;",
                                            "&#39;",
                                            "\x01",
                                            "x"};
  std::mt19937 random(20131);
  std::uniform_int_distribution<std::size_t> piece(0, std::size(kPieces) - 1);
  std::uniform_int_distribution<int> length(1, 40);
  for (int i = 0; i < 20'000; ++i) {
    std::string html;
    for (int n = length(random); n > 0; --n) html += kPieces[piece(random)];
    if (i % 7 == 0) html.insert(html.size() / 2, 1, '\0');
    CheckHarmless(html);
  }
}

BOOST_AUTO_TEST_CASE(mutated_posts) {
  const std::string post =
      R"(<p><span class="h-card" translate="no"><a href="https://s.example/@a?b=1&amp;c=2" class="u-url mention">@<span>a</span></a></span> It&#39;s<br>so</p><ul><li>x</li></ul><script>alert(1)</script>)";
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string html = post;
    for (auto n = random() % 6 + 1; n > 0; --n) {
      const std::size_t at = random() % html.size();
      const std::size_t other = random() % html.size();
      switch (random() % 4) {
        case 0:
          html.erase(at, random() % 9 + 1);
          break;
        case 1:
          html.insert(at, html.substr(other, random() % 30));
          break;
        case 2:
          html[at] = "<>&\"'/= ;#ab\x01"[random() % 13];
          break;
        default:
          std::swap(html[at], html[other]);
      }
      if (html.empty()) html = "<";
    }
    CheckHarmless(html);
  }
}

// Each of half a megabyte. The bound is generous for sanitisers and a busy machine; quadratic time
// would be minutes.
BOOST_AUTO_TEST_CASE(hostile_input_takes_linear_time) {
  constexpr std::size_t kBytes = kContentBytesMax;
  std::string many_attributes = "<a";
  std::string quoted_attributes = "<a";
  std::string bare_attributes = "<a";
  for (int i = 0; many_attributes.size() < kBytes; ++i) {
    many_attributes += " a" + std::to_string(i) + "=1";
    quoted_attributes += " a" + std::to_string(i) + "='>'";
    bare_attributes += "\"a" + std::to_string(i);
  }
  const auto fill = [](std::string_view piece) { return Repeat(piece, kBytes / piece.size()); };
  for (const std::string& html : {
           fill("<"),
           fill("<b>"),
           fill("<b>") + fill("</b>"),
           fill("<b>") + fill("</i>"),
           fill("<p>"),
           fill("</p>"),
           fill("<div>"),
           fill("<div><p>"),
           fill("<a><ul><li>"),
           fill("<table><tr><td>"),
           fill("<b><script></script>"),
           fill("<!--"),
           fill("<!-- -->"),
           fill("&"),
           fill("&#"),
           fill("&#x"),
           fill("&amp"),
           fill("&aaaaaaaaaaaaaaaaaaaaaaaaaa"),
           "&#" + fill("9"),
           "<" + fill("a"),
           "<a " + fill("="),
           "<a href=\"" + fill("x"),
           "<a href='" + fill("&"),
           "<a class='" + fill("h-x ") + "'>",
           "<!" + fill("x"),
           "<script>" + fill("</"),
           "<script>" + fill("</scrip"),
           "<style>" + fill("<!--"),
           "<p>" + fill("\n"),
           fill("<?"),
           fill("</"),
           fill("</x"),
           fill("<x "),
           fill("\xFF"),
           fill("<\xFF"),
           fill("\xC2\x85<"),
           fill("<object>"),
           fill("<object><b>"),
           fill("a<b "),
           fill("<select><option>"),
           fill("<body>"),
           fill("<html><head>"),
           fill("<meta charset=x>"),
           fill("<br>"),
           fill("<hr><li>"),
           fill("<dd><dt>"),
           fill("<a href=x>"),
           fill("<!DOCTYPE x "),
           fill("<![CDATA["),
           fill("]]>"),
           fill("<svg><title>"),
           fill("<frameset><frame>"),
           many_attributes,
           quoted_attributes + ">x",
           bare_attributes,
       }) {
    const std::int64_t ms = MsOf(html);
    BOOST_TEST_MESSAGE(ms << " ms: " << html.substr(0, 40));
    BOOST_TEST(ms < 10'000, html.substr(0, 40) << "… takes " << ms << " ms");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
