#include <random>

#include "store_contract.h"

namespace latecomer::test {

std::string Found(TimelineReadStore& store, const std::string& hashtag, const std::string& query,
                  const std::optional<Place>& before, std::size_t limit) {
  std::string out;
  for (const SearchHit& hit : Require(store.Search(hashtag, query, before, limit))) {
    if (!out.empty()) out += ' ';
    out += hit.id.substr(PostId(0).size() - 1);
  }
  return out;
}

void CheckSearchScripts(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  Log log;
  log.Add("a", Entry(1, "<p>Où est le Café de l’Élysée ?</p>"));
  log.Add("a", Entry(2, "<p>東京で会議があります。ｶﾀｶﾅ</p>"));
  log.Add("a", Entry(3, "<p>مرحبا بالعالم</p>"));
  log.Add("a", Entry(4, "<p>On fire 🔥👩‍💻 today</p>"));
  log.Add("a", Entry(5, "<p>STRASSE, Straße &amp; ΣΊΣΥΦΟΣ</p>"));
  log.Add("a", Entry(6, "<p>one <b>sp</b>lit word<br>next</p><p>line</p>"));
  EntryRecord by = Entry(7, "<p>plain</p>");
  by.content = Content("<p>plain</p>", "Žofie Černá", "zofie@kolo.example");
  log.Add("a", by);
  log.Add("b", Entry(8, "<p>Another café</p>"));
  ApplyAll(*writer, log);
  const auto reader = store.OpenReader();
  const auto check = [&](const std::string& query, const std::string& ids) {
    BOOST_TEST_CONTEXT("query " << query) BOOST_TEST(Found(*reader, "a", query) == ids);
  };
  check("café", "1");
  check("CAFÉ élysée", "1");
  check("cafe", "");  // an accent is part of the letter
  check("est ou", "");
  check("est où", "1");
  check("東京", "2");
  check("会議", "2");
  check("京", "2");
  check("カタカナ", "2");  // half width is full width
  check("مرحبا", "3");
  check("بال", "3");
  check("🔥", "4");
  check("👩‍💻", "4");
  check("strasse", "5");
  check("straße", "5");
  check("σίσυφος", "5");
  check("&", "5");
  check("split", "6");
  check("wordnext", "");
  check("nextline", "");
  check("next line", "6");
  check("  SPLIT　 Next\n", "6");
  check("ČERNÁ", "7");
  check("kolo.example", "7");
  check("zofie plain", "7");
  check("lovelace", "6 5 4 3 2 1");
  check("p", "7 6 5 4 3 2 1");
  check("xt", "6");
  check("", "");
  check(" \t", "");
  check("br", "");  // markup is no text
  BOOST_TEST(Found(*reader, "", "café") == "8 1");
  BOOST_TEST(Found(*reader, "b", "café") == "8");
}

void CheckSearchHostile(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  Log log;
  log.Add("a", Entry(1, "<p>100% sure_thing \"quoted\" star* back\\slash it’s 'so' [x] a-b"));
  log.Add("a", Entry(2, "<p>1000 sureXthing unquoted stars backslash NEAR OR AND NOT</p>"));
  ApplyAll(*writer, log);
  const auto reader = store.OpenReader();
  const auto check = [&](const std::string& query, const std::string& ids) {
    BOOST_TEST_CONTEXT("query " << query) BOOST_TEST(Found(*reader, "a", query) == ids);
  };
  check("100%", "1");
  check("0%", "1");
  check("%", "1");
  check("_", "1");
  check("sure_thing", "1");
  check("\"quoted\"", "1");
  check("\"", "1");
  check("\"\"\"", "");
  check("star*", "1");
  check("*", "1");
  check("back\\slash", "1");
  check("'so'", "1");
  check("'", "1");
  check("[x]", "1");
  check("a-b", "1");
  check("NEAR", "2");
  check("or AND not", "2");
  check("quoted OR star*", "");
  check("tokens:quoted", "");
  check("tag:1", "");
  check("'; DROP TABLE entry; --", "");
  check("NEAR(quoted, 5)", "");
  check("^100", "");
  check("(", "");
  check("{a b}", "");
  check(std::string("quo\0ted", 7), "2 1");  // a control parts words
  check(std::string(1000, '%'), "");
  const auto invalid = [&](const std::string& query) {
    const auto hits = reader->Search("a", query, std::nullopt, 10);
    BOOST_REQUIRE(!hits);
    BOOST_TEST((hits.error().code == ErrorCode::kInvalid));
  };
  invalid("caf\xe9");
  invalid("\xed\xa0\x80");
  invalid(std::string(1001, 'x'));
}

void CheckSearchPages(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  Log log;
  for (int i = 0; i < 40; ++i) {
    EntryRecord entry = Entry(i, i % 4 == 3 ? "<p>else</p>" : "<p>needle in hay</p>");
    entry.published = kMoment + i / 8;  // eight share each moment
    log.Add("a", entry);
    if (i % 8 == 0) log.Add("b", entry);  // the same post under two hashtags
  }
  ApplyAll(*writer, log);
  const auto reader = store.OpenReader();
  for (const std::string hashtag : {"a", ""}) {
    for (const std::string query : {"needle", "ne", "hay needle"}) {
      const std::vector<SearchHit> all = Require(reader->Search(hashtag, query, std::nullopt, 100));
      BOOST_TEST(all.size() == 30U);
      std::vector<std::string> paged;
      std::optional<Place> before;
      while (true) {
        const std::vector<SearchHit> page = Require(reader->Search(hashtag, query, before, 7));
        if (page.empty()) break;
        for (const SearchHit& hit : page) {
          BOOST_TEST(hit.hashtag == "a");
          paged.push_back(hit.id);
        }
        before = Place{page.back().published, page.back().id};
      }
      BOOST_REQUIRE(paged.size() == all.size());
      for (std::size_t i = 0; i < all.size(); ++i) {
        BOOST_TEST(paged[i] == all[i].id);
        if (i == 0) continue;
        const Place newer{all[i - 1].published, all[i - 1].id};
        BOOST_TEST((Place{all[i].published, all[i].id} < newer));
      }
    }
  }
  BOOST_TEST(Require(reader->Search("a", "needle", std::nullopt, 0)).empty());
}

void CheckSearchAfterChanges(StoreUnderTest& store) {
  const auto writer = store.OpenWriter();
  const auto reader = store.OpenReader();
  Log log;
  log.Add("a", Entry(1, "<p>first wording</p>"));
  log.Add("a", Entry(2, "<p>second wording</p>"));
  log.Add("a", Entry(1, "<p>edited words</p>"));
  log.Add("a", LinkOf(Entry(1)));
  log.Add("a", DeletedEntry(2));
  log.Add("a", RemovedRecord{"entry", PostId(1)});
  log.Add("a", Entry(2, "<p>restored</p>"));
  const auto apply = [&](std::size_t from, std::size_t to) {
    Require(writer->Apply(BatchOf(log, from, to)));
  };
  apply(0, 2);
  BOOST_TEST(Found(*reader, "a", "wording") == "2 1");
  apply(2, 4);
  BOOST_TEST(Found(*reader, "a", "wording") == "2");
  BOOST_TEST(Found(*reader, "a", "edited words") == "1");
  apply(4, 5);
  BOOST_TEST(Found(*reader, "a", "wording") == "");
  BOOST_TEST(Found(*reader, "a", "wo") == "1");
  apply(5, 6);
  BOOST_TEST(Found(*reader, "a", "word") == "");
  apply(6, 7);
  BOOST_TEST(Found(*reader, "a", "restored") == "2");
}

void CheckSearchAgainstScan(StoreUnderTest& store) {
  std::mt19937 random(7);
  const std::vector<std::string> letters = {"a", "b", "é", "日", " ", "本", "🔥", "ab", "%", "\""};
  const auto text = [&](std::size_t most) {
    std::string out;
    const std::size_t count = 1 + random() % most;
    for (std::size_t i = 0; i < count; ++i) out += letters[random() % letters.size()];
    return out;
  };
  const auto writer = store.OpenWriter();
  Log log;
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    texts.push_back(text(12));
    EntryRecord entry = Entry(i);
    entry.content = Content(texts.back(), "x", "y");
    log.Add("a", entry);
  }
  ApplyAll(*writer, log);
  const auto reader = store.OpenReader();
  int hits = 0;
  for (int round = 0; round < 300; ++round) {
    const std::string query = text(6);
    std::vector<std::string> words(1);
    for (const char c : query) c == ' ' ? words.emplace_back() : words.back() += c, void();
    std::erase(words, "");
    std::string expected;
    for (int i = 299; i >= 0 && !words.empty(); --i) {
      bool all = true;
      for (const std::string& word : words) {
        all = all && texts[static_cast<std::size_t>(i)].find(word) != std::string::npos;
      }
      if (!all) continue;
      expected += (expected.empty() ? "" : " ") + std::to_string(i);
      ++hits;
    }
    BOOST_TEST_CONTEXT("query " << query) {
      BOOST_TEST(Found(*reader, "a", query, std::nullopt, 1000) == expected);
    }
  }
  BOOST_TEST(hits > 1000);
}

}  // namespace latecomer::test
