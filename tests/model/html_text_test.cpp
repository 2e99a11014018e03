#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "model/html.h"

namespace latecomer {
namespace {

struct Case {
  std::string from;
  std::string to;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(html_text)

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
