#include "model/html.h"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <random>

#include "model/utf8.h"

namespace latecomer {
namespace {

struct Case {
  std::string from;
  std::string to;
};

void CheckSanitised(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT(c.from) {
      const std::string once = SanitiseHtml(c.from);
      BOOST_TEST(once == c.to);
      BOOST_TEST(SanitiseHtml(once) == once);
    }
  }
}

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

std::int64_t MsOf(const std::string& from) {
  const auto begin = std::chrono::steady_clock::now();
  const std::string html = SanitiseHtml(from);
  const std::string text = TextFromHtml(from) + HtmlFromText(from);
  const auto spent = std::chrono::steady_clock::now() - begin;
  BOOST_TEST(SanitiseHtml(html) == html);
  return std::chrono::duration_cast<std::chrono::milliseconds>(spent).count();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(html)

BOOST_AUTO_TEST_CASE(clean_html_stays_byte_for_byte) {
  for (
      const std::string html : {
          "",
          "plain text, \"quoted\" and it's > 3",
          R"(<p>Small <a href="https://x.example/a?b=1&amp;c=2">#x</a></p>)",
          "<p>a<br>b &amp; c</p>",
          "<p>It&#39;s &quot;so&quot;&nbsp;&lt;3</p>",
          R"(<p><span class="h-card" translate="no"><a href="https://s.example/@a" class="u-url mention">@<span>a</span></a></span> hi</p>)",
          R"(<p><a href="https://s.example/tags/x" class="mention hashtag" rel="nofollow noopener noreferrer" target="_blank">#<span>x</span></a></p>)",
          R"(<a href="https://a.example/b" rel="tag"><span class="invisible">https://</span><span class="ellipsis">a.example</span></a>)",
          "<ol start=\"3\" reversed=\"\"><li value=\"7\">x</li><li>y<ul><li>z</li></ul></li></ol>",
          "<blockquote><p>a</p></blockquote><pre><code>x\n\ty</code></pre><hr><h2>t</h2>",
          "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
          R"(<p lang="ar" dir="rtl">سلام</p>)",
      }) {
    BOOST_TEST(SanitiseHtml(html) == html);
  }
}

BOOST_AUTO_TEST_CASE(one_spelling) {
  CheckSanitised({
      {"<p>a<br/>b<br />c</p>", "<p>a<br>b<br>c</p>"},
      {"<P CLASS='mention'>a</P>", "<p class=\"mention\">a</p>"},
      {"<b >x</b >", "<b>x</b>"},
      {"AT&T", "AT&amp;T"},
      {"a &eacute; &#x41;&#66; &copy; <b>x</b>", "a é AB © <b>x</b>"},
      {"a\r\nb\rc", "a\nb\nc"},
      {"a&#13;b&#1;c&#127;d&#xA;e", "a\nbcd\ne"},
      {"It&#146;s &#128; &#129;<b>x</b>", "It’s € <b>x</b>"},
      {"a\x01\x7F\xC2\x85z", "az"},
      {"\xFF<b>x</b>\xC3", "\xEF\xBF\xBD<b>x</b>\xEF\xBF\xBD"},
      {"<a title='a \"b\" <c>' href='https://x.example/?a=1&b=2'>x</a>",
       "<a title=\"a &quot;b&quot; &lt;c&gt;\" href=\"https://x.example/?a=1&amp;b=2\">x</a>"},
      {"<ol reversed><li>x</ol>", "<ol reversed=\"\"><li>x</li></ol>"},
  });
}

BOOST_AUTO_TEST_CASE(elements_outside_the_list_leave_their_text) {
  CheckSanitised({
      {"<table><tr><td>a</td></tr></table>", "a"},
      {"<font color=red>a</font><marquee>b</marquee>", "ab"},
      {"<img src=x onerror=alert(1)>a<input value=b>", "a"},
      {"<form action=x><button>go</button></form>", "go"},
      {"<html><head></head><body><p>a</p></body></html>", "<p>a</p>"},
      {"<!doctype html><!-- <b>x</b> -->a<?php echo 1 ?>", "a"},
      {"<custom-tag>a</custom-tag>", "a"},
  });
}

BOOST_AUTO_TEST_CASE(some_elements_go_with_their_content) {
  for (const std::string name : {"script", "style", "iframe", "object", "svg", "math", "noscript",
                                 "template", "title", "textarea", "xmp", "video", "applet"}) {
    CheckSanitised({{"a<" + name + ">alert(1)</" + name + ">b", "ab"},
                    {"a<" + name + " x=y><b>c</b></" + name + "><i>b</i>", "a<i>b</i>"}});
  }
  CheckSanitised({
      {"a<script>x</script", "a"},
      {"<style><!-- </style><b>a</b> -->", "<b>a</b> --&gt;"},
      {"<object><object>a</object>b</object>c", "c"},
      {"<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)"},
  });
}

BOOST_AUTO_TEST_CASE(addresses_by_scheme) {
  for (const std::string href :
       {"http://a.example/", "https://a.example/?q=a", "HTTPS://a.example", "mailto:a@b.example",
        "gemini://a.example/", "xmpp:a@b.example", "magnet:?xt=urn", "ipfs://bafy"}) {
    CheckSanitised({{"<a href='" + href + "'>x</a>", "<a href=\"" + href + "\">x</a>"}});
  }
  for (const std::string href : {"javascript:alert(1)",
                                 "JaVaScRiPt:alert(1)",
                                 " javascript:alert(1)",
                                 "java&#10;script:alert(1)",
                                 "java&Tab;script:alert(1)",
                                 "&#106;avascript:alert(1)",
                                 "javascript&colon;alert(1)",
                                 "&#x01;javascript:alert(1)",
                                 "java\tscript:alert(1)",
                                 "java&#0;script:alert(1)",
                                 "data:text/html,<b>",
                                 "vbscript:x",
                                 "blob:x",
                                 "file:///etc/passwd",
                                 "/relative",
                                 "//a.example/",
                                 "a.html",
                                 "#fragment",
                                 "",
                                 ":",
                                 "?a:b",
                                 "view-source:http://a",
                                 "https&#10;://a.example/",
                                 "https://a.example/&#10;b",
                                 "feed:javascript:alert(1)"}) {
    CheckSanitised({{"<a href=\"" + href + "\">x</a>", "<a>x</a>"}});
  }
  CheckSanitised(
      {{"<a href=' https://a.example/b c '>x</a>", "<a href=\"https://a.example/b c\">x</a>"}});
}

BOOST_AUTO_TEST_CASE(other_attributes) {
  CheckSanitised({
      {"<p onclick=x style=y id=z class='big h-card evil u-url'>a</p>",
       "<p class=\"h-card u-url\">a</p>"},
      {"<p class=evil>a</p>", "<p>a</p>"},
      {"<b href='https://a.example'>a</b>", "<b>a</b>"},
      {"<a href='https://a.example' href='javascript:x'>a</a>",
       "<a href=\"https://a.example\">a</a>"},
      {"<a rel='nofollow opener' target=_top>a</a>", "<a rel=\"nofollow\">a</a>"},
      {"<p lang='de-CH' dir=up>a</p>", "<p lang=\"de-CH\">a</p>"},
      {"<li value='1;x'>a</li>", "<li>a</li>"},
      {"<p xml:lang=x data-x=y>a</p>", "<p>a</p>"},
  });
}

BOOST_AUTO_TEST_CASE(nesting_is_mended) {
  CheckSanitised({
      {"<p>a<p>b", "<p>a</p><p>b</p>"},
      {"<b><i>a</b>b</i>", "<b><i>a</i></b>b"},
      {"<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"},
      {"<p>a<ul><li>b</ul>c", "<p>a</p><ul><li>b</li></ul>c"},
      {"<a href='https://a.example'>x<a href='https://b.example'>y</a>z",
       "<a href=\"https://a.example\">x</a><a href=\"https://b.example\">y</a>z"},
      {"</b>a</p>", "a"},
      {"<b>a", "<b>a</b>"},
      {"<p><font><p>a", "<p></p><p>a</p>"},
  });
  const std::string deep = Repeat("<b>", 100) + "x" + Repeat("</b>", 100) + "y";
  CheckSanitised({{deep, Repeat("<b>", 32) + "x" + Repeat("</b>", 32) + "y"}});
  const std::string deeper = Repeat("<b>", 1'000) + "x";
  CheckSanitised({{deeper, Repeat("<b>", 32) + "x" + Repeat("</b>", 32)}});
}

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

BOOST_AUTO_TEST_CASE(text_of_html) {
  for (const Case& c : std::vector<Case>{
           {"", ""},
           {"plain", "plain"},
           {"<p>a</p><p>b</p>", "a\nb"},
           {"<ul><li>x</li></ul>", "x"},
           {"<ul><li>x</li><li>y</li></ul>z", "x\ny\n\nz"},
           {"a<br>b<br/>c<br />d</br>e", "a\nb\nc\nde"},
           {"<div>a</div>b<blockquote>c</blockquote>d<pre>e</pre>f<h1>g</h1>h<h6>i</h6>j",
            "a\nbc\nde\nfg\nhi\nj"},
           {"<ol>a</ol>b<span>c</span><em>d</em><h7>e</h7>f<hr>g", "a\nbcdefg"},
           {"<P>a</P>b<BR>c", "a\nb\nc"},
           {"&lt;b&gt; &amp;amp; &quot;&#39;&apos;&nbsp;x", "<b> &amp; \"''\xC2\xA0x"},
           {"&eacute;&Eacute;&alpha;&thetasym;&euro;&hearts;", "éÉαϑ€♥"},
           {"&#233;&#xE9;&#XE9;&#x1F600;&#65", "ééé😀A"},
           {"&#xD800;&#x110000;&#99999999999;", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
           {"a&#0;b&#1;&#128;c", "ab€c"},
           {"&bogus; &; & &# &#; &#x; &#xg", "&bogus; &; & &# &#; &#x; &#xg"},
           {"&amp &copy &hearts x", "& © &hearts x"},
           {"a<!-- <b>x</b> -->b<!-- c", "ab"},
           {"1 < 2 <3 <", "1 < 2 <3 <"},
           {"<a href=\"x>y\" title='>'>z</a>", "z"},
           {"<a href=\"x", ""},
           {" \n\t\xC2\xA0\xE3\x80\x80 a b \xE2\x80\xA8\xE2\x80\x83<br>", "a b"},
           {"&nbsp;&#x3000;a&nbsp;", "a"},
           {"<p> </p>", ""},
           {"a\nb", "a\nb"},
       }) {
    BOOST_TEST_CONTEXT(c.from) { BOOST_TEST(TextFromHtml(c.from) == c.to); }
  }
}

BOOST_AUTO_TEST_CASE(html_of_text) {
  for (const Case& c : std::vector<Case>{
           {"", ""},
           {" \n \n", ""},
           {"a", "<p>a</p>"},
           {"a\nb\r\nc\rd", "<p>a<br>b<br>c<br>d</p>"},
           {"a\n\nb\n \n\nc\n", "<p>a</p><p>b</p><p>c</p>"},
           {"1 < 2 & 3 > \"2\"", "<p>1 &lt; 2 &amp; 3 &gt; \"2\"</p>"},
           {"<script>&amp;", "<p>&lt;script&gt;&amp;amp;</p>"},
           {"a\x01\tb\x7F", "<p>a\tb</p>"},
           {"\xFFx", "<p>\xEF\xBF\xBDx</p>"},
       }) {
    BOOST_TEST_CONTEXT(c.from) {
      const std::string html = HtmlFromText(c.from);
      BOOST_TEST(html == c.to);
      BOOST_TEST(SanitiseHtml(html) == html);
    }
  }
  BOOST_TEST(TextFromHtml(HtmlFromText("a < b\nc & d\n\ne")) == "a < b\nc & d\ne");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
