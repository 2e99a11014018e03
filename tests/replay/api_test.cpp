#include "replay/api.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "replay/assets.h"
#include "sample_event.h"

namespace latecomer {
namespace {

const std::string kEventSession =
    R"({"id":"2020-05-01T10:00:00.000Z","first":"2020-05-01T10:00:00.000Z",)"
    R"("last":"2020-05-01T10:06:00.000Z","ends":"2020-05-01T11:00:00.000Z","event":"Tea hour",)"
    R"("entries":5,"participants":3,"conversations":3,"late":1})";
const std::string kNextDay =
    R"({"id":"2020-05-02T10:00:00.000Z","first":"2020-05-02T10:00:00.000Z",)"
    R"("last":"2020-05-02T10:00:00.000Z","ends":"2020-05-02T16:00:00.000Z","event":null,)"
    R"("entries":1,"participants":1,"conversations":1,"late":0})";
const std::string kCoverage =
    R"([{"source":"social","ranges":[{"from":"2020-05-01T09:00:00.000Z",)"
    R"("to":"2020-05-02T10:00:00.000Z","complete":true,"why":null},)"
    R"({"from":"2020-05-02T10:00:00.000Z","to":"2020-05-03T10:00:00.000Z","complete":false,)"
    R"("why":"rate limited"}]}])";
const std::string kHashtag =
    R"({"hashtag":"tea","display":"Tea","entries":7,"conversations":4,"participants":4,)"
    R"("reposts":1,"late":1,"first":"2020-05-01T10:00:00.000Z",)"
    R"("last":"2020-05-02T10:00:00.000Z","events":[)" +
    kEventSession + "]";
const std::string kEntryB =
    R"({"n":"3330963585107526719","id":"https://s.example/b","url":"https://s.example/@ben/b",)"
    R"("published":"2020-05-01T10:00:10.000Z","updated":null,)"
    R"("author":{"id":"https://s.example/users/ben","handle":"ben@s.example","name":"ben",)"
    R"("url":"https://s.example/@ben"},"parent":"https://s.example/a",)"
    R"("parent_n":"3330963564135861791","conversation":"https://s.example/a","depth":1,)"
    R"("session":"2020-05-01T10:00:00.000Z","late_by_s":null,"via":"tag","deleted":false,)"
    R"("replies":1,"reposts":0,"content":"<p>I am</p>","summary":null,"language":null,)"
    R"("sensitive":false,"quote":null,"tags":[],"attachments":[],"source_host":"s.example"})";
const std::string kEntryD =
    R"({"n":"3330964193280501706","id":"https://s.example/d","url":null,)"
    R"("published":"2020-05-01T10:05:00.000Z","updated":null,"author":null,)"
    R"("parent":"https://s.example/c","parent_n":"3330963689965221915",)"
    R"("conversation":"https://s.example/c","depth":1,)"
    R"("session":"2020-05-01T10:00:00.000Z","late_by_s":null,"via":"tag","deleted":true,)"
    R"("replies":0,"reposts":0,"content":null,"summary":null,"language":null,)"
    R"("sensitive":false,"quote":null,"tags":[],"attachments":[],"source_host":"s.example"})";

struct ApiFixture {
  ApiFixture() : views(store, Options()) { FillSample(store); }

  static ViewsOptions Options() {
    ViewsOptions options;
    options.poll = std::chrono::milliseconds(0);
    HashtagSettings tea;
    tea.hashtag = "tea";
    tea.display = "Tea";
    tea.aliases = {"teatime"};
    options.hashtags = {tea};
    return options;
  }

  ApiResponse Get(std::string_view target, std::string_view if_none_match = "") {
    Result<ApiRequest> request = ParseApiTarget(target);
    BOOST_REQUIRE(request);
    request->if_none_match = if_none_match;
    return HandleApi({store, views, "https://r.example"}, *request);
  }
  std::string Body(std::string_view target) {
    const ApiResponse response = Get(target);
    BOOST_TEST(response.status == 200, target << ": " << response.Body());
    return std::string(response.Body());
  }
  // The ids ("a", "b") of the objects that have one below https://s.example/ as their own, in
  // order.
  std::string Ids(std::string_view target, std::string_view mark = "\"id\":\"https://s.example/") {
    const std::string body = Body(target);
    std::string ids;
    for (std::size_t at = body.find(mark); at != std::string::npos; at = body.find(mark, at + 1)) {
      const std::size_t begin = at + mark.size();
      const std::string id = body.substr(begin, body.find('"', begin) - begin);
      if (!id.starts_with("users/")) ids += id;
    }
    return ids;
  }
  static std::string Header(const ApiResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "";
  }
  // All pages of a list, following `Link`; the ids of each page, with a blank between pages.
  std::string Pages(std::string target) {
    std::string all;
    for (int page = 0; page < 20; ++page) {
      all += Ids(target, "{\"n\":\"") + ' ';
      const std::string link = Header(Get(target), "Link");
      const ApiResponse response = Get(target);
      if (link.empty()) {
        BOOST_TEST(response.Body().ends_with("\"next\":null}"));
        return all;
      }
      BOOST_TEST(link.starts_with("<https://r.example/v1/"));
      BOOST_TEST(link.ends_with(">; rel=\"next\""));
      target = link.substr(18, link.find('>') - 18);
      const std::string cursor = target.substr(target.find("cursor=") + 7);
      BOOST_TEST(response.Body().ends_with("\"next\":\"" + cursor + "\"}"));
    }
    BOOST_FAIL("The pages have no end.");
    return all;
  }

  MemoryStore store;
  Views views;
};

BOOST_FIXTURE_TEST_SUITE(api, ApiFixture)

BOOST_AUTO_TEST_CASE(hashtags_and_sessions) {
  BOOST_TEST(Body("/v1/hashtags") == "{\"hashtags\":[" + kHashtag + "}],\"next\":null}");
  BOOST_TEST(Body("/v1/hashtags/tea") == kHashtag + ",\"sessions\":[" + kEventSession + "," +
                                             kNextDay + "],\"coverage\":" + kCoverage + "}");
  BOOST_TEST(Body("/v1/hashtags/tea/sessions") ==
             "{\"sessions\":[" + kEventSession + "," + kNextDay + "]}");
  BOOST_TEST(Body("/v1/hashtags/tea/coverage") == "{\"coverage\":" + kCoverage + "}");
}

BOOST_AUTO_TEST_CASE(a_session_is_found_by_its_id_and_by_any_instant_in_it) {
  const std::string path = "/v1/hashtags/tea/sessions/";
  BOOST_TEST(Body(path + "2020-05-01T10:00:00.000Z") == kEventSession);
  BOOST_TEST(Body(path + "2020-05-01T12:30:00%2B02:00") == kEventSession);
  BOOST_TEST(Body(path + "2020-05-02T04:00:00Z") == kNextDay);  // starts within the gap
  BOOST_TEST(Get(path + "2020-05-02T03:59:59Z").status == 404);
  BOOST_TEST(Get(path + "yesterday").status == 400);
}

BOOST_AUTO_TEST_CASE(hashtags_are_folded_and_aliases_followed) {
  for (const char* name : {"tea", "TEA", "%23Tea", "#tEa", "%EF%BC%83tea", "TeaTime", "tea/"}) {
    BOOST_TEST(Get(std::string("/v1/hashtags/") + name).status == 200, name);
  }
  BOOST_TEST(Get("/v1/hashtags/coffee").status == 404);
  BOOST_TEST(Get("/v1/hashtags/a%20b").status == 400);
  BOOST_TEST(Get("/v1/hashtags//entries").status == 400);
}

BOOST_AUTO_TEST_CASE(density_counts_half_open_buckets) {
  BOOST_TEST(Body("/v1/hashtags/tea/density?buckets=3") ==
             R"({"from":"2020-05-01T10:00:00.000Z","to":"2020-05-02T10:00:00.001Z",)"
             R"("bucket_ms":28800001,"posts":[6,0,1],"late":[1,0,0],"reposts":[1,0,0]})");
  BOOST_TEST(Body("/v1/hashtags/tea/density?from=2020-05-01T10:00:00Z&to=2020-05-01T10:02:00Z"
                  "&buckets=2") ==
             R"({"from":"2020-05-01T10:00:00.000Z","to":"2020-05-01T10:02:00.000Z",)"
             R"("bucket_ms":60000,"posts":[2,1],"late":[0,0],"reposts":[0,0]})");
  for (const char* bad : {"buckets=0", "buckets=2001", "buckets=x", "from=now",
                          "from=2021-01-01T00:00:00Z&to=2020-01-01T00:00:00Z"}) {
    BOOST_TEST(Get(std::string("/v1/hashtags/tea/density?") + bad).status == 400, bad);
  }
  BOOST_TEST(Body("/v1/hashtags/tea/density?from=2020-01-01T00:00:00Z&to=2020-01-01T00:00:00Z")
                 .ends_with(R"("bucket_ms":1,"posts":[],"late":[],"reposts":[]})"));
}

BOOST_AUTO_TEST_CASE(entries_show_their_place_and_content_and_deleted_ones_their_place_only) {
  const std::string body = Body("/v1/hashtags/tea/entries");
  BOOST_TEST(body.find(kEntryB) != std::string::npos, body);
  BOOST_TEST(body.find(kEntryD) != std::string::npos, body);
  BOOST_TEST(Ids("/v1/hashtags/tea/entries") == "abcdefg");
}

BOOST_AUTO_TEST_CASE(entries_are_filtered) {
  const std::string path = "/v1/hashtags/tea/entries?";
  BOOST_TEST(Ids(path + "session=2020-05-01T10:00:00Z") == "abcde");
  BOOST_TEST(Ids(path + "conversation=https://s.example/f") == "abf");
  BOOST_TEST(Ids(path + "author=https://s.example/users/cy") == "ce");
  BOOST_TEST(Ids(path + "late=true") == "f");
  BOOST_TEST(Ids(path + "from=2020-05-01T10:00:10Z&to=2020-05-01T10:05:00Z") == "bc");
  BOOST_TEST(Ids(path + "order=desc") == "gfedcba");
  BOOST_TEST(Ids(path + "author=nobody") == "");
  BOOST_TEST(Get(path + "conversation=nothing").status == 404);
  BOOST_TEST(Get(path + "session=2030-01-01T00:00:00Z").status == 404);
  for (const char* bad :
       {"limit=0", "limit=201", "limit=1e2", "late=yes", "order=up", "cursor=x", "from=1"}) {
    BOOST_TEST(Get(path + bad).status == 400, bad);
  }
}

BOOST_AUTO_TEST_CASE(pages_follow_one_another_without_gap_or_repeat) {
  const auto count = [](const std::string& pages) {
    return std::count(pages.begin(), pages.end(), ' ');
  };
  const std::string whole = Pages("/v1/hashtags/tea/entries?limit=200");
  for (const char* order : {"asc", "desc"}) {
    const std::string one = Pages(std::string("/v1/hashtags/tea/entries?limit=1&order=") + order);
    BOOST_TEST(count(one) == 7);
    BOOST_TEST(one.size() == whole.size() + 6);
  }
  BOOST_TEST(count(Pages("/v1/hashtags/tea/entries?limit=2&session=2020-05-01T10:00:00Z")) == 3);
  BOOST_TEST(count(Pages("/v1/hashtags/tea/search?q=a&limit=2")) > 1);
  // A cursor belongs to its order.
  const std::string link = Header(Get("/v1/hashtags/tea/entries?limit=1"), "Link");
  const std::string cursor =
      link.substr(link.find("cursor="), link.find('>') - link.find("cursor="));
  BOOST_TEST(Get("/v1/hashtags/tea/entries?order=desc&" + cursor).status == 400);
}

BOOST_AUTO_TEST_CASE(an_entry_comes_with_its_ancestors_topmost_first) {
  const std::string list = Body("/v1/hashtags/tea/entries?late=true");
  const std::string n = list.substr(list.find("\"n\":\"") + 5, 19);
  BOOST_TEST(Ids("/v1/hashtags/tea/entries/" + n) == "fab");
  BOOST_TEST(Get("/v1/hashtags/tea/entries/1").status == 404);
  BOOST_TEST(Get("/v1/hashtags/tea/entries/abc").status == 400);
  BOOST_TEST(Get("/v1/hashtags/tea/entries/99999999999999999999").status == 400);
}

BOOST_AUTO_TEST_CASE(conversations_are_sorted_and_filtered) {
  const std::string path = "/v1/hashtags/tea/conversations";
  const std::string own = "{\"id\":\"https://s.example/";
  const auto conversations = [&](const std::string& query) {
    std::string ids = Ids(path + query, own);
    std::erase_if(ids, [](char c) { return c == '/' || c == '@'; });
    return ids;
  };
  BOOST_TEST(conversations("") == "acxg");
  BOOST_TEST(conversations("?sort=first") == "acxg");
  BOOST_TEST(conversations("?sort=size") == "acxg");
  BOOST_TEST(conversations("?sort=recent") == "gaxc");
  BOOST_TEST(conversations("?session=2020-05-02T10:00:00Z") == "g");
  BOOST_TEST(conversations("?sort=recent&limit=1") == "g");
  BOOST_TEST(conversations("?open=true") == "c");  // a was answered; x and g ask nothing
  BOOST_TEST(Get(path + "?sort=random").status == 400);
  const std::string body = Body(path + "?open=true");
  BOOST_TEST(body.starts_with(
      R"({"conversations":[{"id":"https://s.example/c","root_known":true,"entries":2,)"
      R"("participants":1,"first":"2020-05-01T10:01:00.000Z","last":"2020-05-01T10:05:00.000Z",)"
      R"("late":0,"open":true,"root":{"n":"3330963689965221915")"));
  BOOST_TEST(body.ends_with(R"("text":"Which tea? https://t.example/x?y=1"}],"next":null})"));
}

BOOST_AUTO_TEST_CASE(a_conversation_is_found_by_any_of_its_ids_and_shown_as_a_tree) {
  const std::string path = "/v1/hashtags/tea/conversation?id=https://s.example/";
  BOOST_TEST(Body(path + "a") == Body(path + "f"));
  const std::string body = Body(path + "e");
  BOOST_TEST(body == Body(path + "x"));
  BOOST_TEST(body.starts_with(
      R"({"id":"https://s.example/x","root_known":false,"entries":1,"participants":1,)"
      R"("first":"2020-05-01T10:06:00.000Z","last":"2020-05-01T10:06:00.000Z","late":0,)"
      R"("open":false,"root":null,"text":"On milk","nodes":[{"placeholder":true,)"
      R"("id":"https://s.example/x","depth":0,"parent":null},{"n":")"));
  BOOST_TEST(Get(path + "nothing").status == 404);
  BOOST_TEST(Get("/v1/hashtags/tea/conversation").status == 400);
}

BOOST_AUTO_TEST_CASE(a_tree_is_depth_first_with_siblings_in_timeline_order) {
  const TimeMs later = kTen + 30LL * 86'400'000;
  store.Put("tree", MakeEntry("1", later, "ana", "one"));
  store.Put("tree", MakeEntry("4", later + 4, "ana", "four", "3"));
  store.Put("tree", MakeEntry("2", later + 2, "ana", "two", "1"));
  store.Put("tree", MakeEntry("3", later + 3, "ana", "three", "1"));
  store.Put("tree", MakeEntry("5", later + 5, "ana", "five", "2"));
  EntryRecord under_missing = MakeEntry("6", later + 1, "ana", "six", "m");
  under_missing.contexts = {"https://s.example/1"};
  store.Put("tree", under_missing);
  // The missing m stands where its first entry, 6, would: before 2.
  BOOST_TEST(
      Ids("/v1/hashtags/tree/conversation?id=https://s.example/1", "\"id\":\"https://s.example/")
          .substr(2) == "1m62534");
}

BOOST_AUTO_TEST_CASE(search_shows_where_it_was_found) {
  const std::string body = Body("/v1/hashtags/tea/search?q=tea");
  BOOST_TEST(body.starts_with(R"({"hits":[{"n":"3330963689965221915","id":"https://s.example/c")"));
  BOOST_TEST(body.ends_with(R"("snippet":"Which tea? https://t.example/x?y=1","hashtag":"tea"}],)"
                            R"("next":null})"));
  BOOST_TEST(Ids("/v1/search?q=morning") == "g");
  BOOST_TEST(Get("/v1/search").status == 400);
  BOOST_TEST(Get("/v1/search?q=" + std::string(300, 'x')).status == 400);
}

BOOST_AUTO_TEST_CASE(an_answer_is_known_by_its_tag_until_something_changes) {
  const std::string tag = Header(Get("/v1/hashtags/tea"), "ETag");
  BOOST_TEST(Get("/v1/hashtags/tea", tag).status == 304);
  BOOST_TEST(Get("/v1/hashtags/tea/entries", "\"x\", W/" + tag).status == 304);
  BOOST_TEST(Get("/v1/hashtags/tea", "*").status == 304);
  BOOST_TEST(Get("/v1/hashtags/tea", tag.substr(1)).status == 200);
  store.Put("tea", MakeEntry("h", kTen + 90'000, "ana", "new"));
  BOOST_TEST(Get("/v1/hashtags/tea", tag).status == 200);
}

BOOST_AUTO_TEST_CASE(markup_and_urls_from_outside_do_no_harm) {
  EntryRecord entry = MakeEntry("h", kTen + 90'000, "ana", "x");
  entry.content =
      R"x({"url":"javascript:alert(1)","attributedTo":{"id":"https://s.example/users/ana",)x"
      R"x("name":"<b>A</b>","url":"data:text/html,x"},)x"
      R"x("content":"<p onclick=\"x()\">hi<script>alert(1)</script></p>",)x"
      R"x("quoteUri":"javascript:x","attachment":[{"type":"Image","url":"javascript:x"},)x"
      R"x({"type":"Image","mediaType":"image/png","url":"https://s.example/i.png","width":8}]})x";
  store.Put("tea", entry);
  const std::string body = Body("/v1/hashtags/tea/entries?from=2020-05-01T10:01:30Z&limit=1");
  BOOST_TEST(body.find("javascript") == std::string::npos, body);
  BOOST_TEST(body.find("data:") == std::string::npos);
  BOOST_TEST(body.find(R"("content":"<p>hi</p>")") != std::string::npos);
  BOOST_TEST(
      body.find(R"("attachments":[{"type":"Image","mediaType":"image/png",)"
                R"("url":"https://s.example/i.png","name":null,"width":8,"height":null}])") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_was_erased_since_the_view_was_made_is_shown_as_deleted) {
  ViewsOptions slow = Options();
  slow.poll = std::chrono::hours(1);
  Views stale(store, slow);
  const Result<ApiRequest> request = ParseApiTarget("/v1/hashtags/tea/entries?limit=2");
  BOOST_REQUIRE(request);
  BOOST_TEST(HandleApi({store, stale, ""}, *request).Body().find("I am") != std::string::npos);
  store.RemoveEntry("tea", "https://s.example/b");
  const ApiResponse response = HandleApi({store, stale, ""}, *request);
  BOOST_TEST(response.Body().find("I am") == std::string::npos);
  BOOST_TEST(response.Body().find("users/ben") == std::string::npos);
  BOOST_TEST(response.Body().find("\"deleted\":true") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(unknown_paths_are_404_and_other_methods_405) {
  for (const char* path : {"/v1", "/v1/hashtags/tea/nothing", "/v1/hashtags/tea/entries/1/2",
                           "/v2/hashtags", "/v1/replay/x"}) {
    BOOST_TEST(Get(path).status == 404, path);
  }
  Result<ApiRequest> request = ParseApiTarget("/v1/hashtags");
  request->method = ApiMethod::kOther;
  const ApiResponse response = HandleApi({store, views, ""}, *request);
  BOOST_TEST(response.status == 405);
  BOOST_TEST(Header(response, "Allow") == "GET, HEAD, OPTIONS");
}

BOOST_AUTO_TEST_CASE(short_links_lead_into_the_page) {
  const Result<ApiRequest> request = ParseApiTarget("/t/Caf%C3%A9?view=replay");
  BOOST_REQUIRE(request);
  const ApiResponse response = HandlePage(*request);
  BOOST_TEST(response.status == 307);
  BOOST_TEST(Header(response, "Location") == "../?tag=Caf%C3%A9&view=replay");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
