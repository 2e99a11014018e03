#include "model/html.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

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
      // No honest tag has so many: they all go.
      {"a<b" + Repeat(" x", 200) + " title='>'>c</b><script" + Repeat(" x=\">\"", 200) +
           ">d</script><i>e</i>",
       "a<b>c</b><i>e</i>"},
      {"a <!-- <b" + Repeat(" x", 200) + " -->c &", "a c &amp;"},
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
