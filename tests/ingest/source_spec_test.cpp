#include <boost/test/unit_test.hpp>

#include "ingest/network_options.h"

namespace latecomer {

BOOST_AUTO_TEST_SUITE(source_spec)

BOOST_AUTO_TEST_CASE(options_are_read_by_type) {
  SourceSpec spec{"s", "mastodon", {}, {}, false};
  spec.options = {{"base", "https://a.example https://b.example"},
                  {"since", "2026-01-02T00:00:00Z"},
                  {"revisit_for", "30d"},
                  {"requests_a_day", "500"},
                  {"stream", "false"}};
  BOOST_TEST((spec.OptionList("base") ==
              std::vector<std::string>{"https://a.example", "https://b.example"}));
  BOOST_TEST(spec.OptionList("none").empty());
  BOOST_TEST(FormatTime(**spec.OptionTime("since")) == "2026-01-02T00:00:00.000Z");
  BOOST_TEST((**spec.OptionDuration("revisit_for") == std::chrono::hours(30 * 24)));
  BOOST_TEST(*spec.OptionNumber("requests_a_day", 7, 1, 1000) == 500);
  BOOST_TEST(*spec.OptionNumber("none", 7, 1, 1000) == 7);
  BOOST_TEST(**spec.OptionFlag("stream") == false);
  BOOST_TEST(!*spec.OptionTime("none"));
  BOOST_TEST(!*spec.OptionDuration("none"));
  BOOST_TEST(!*spec.OptionFlag("none"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_names_the_option) {
  SourceSpec spec{"s", "mastodon", {}, {}, false};
  for (const char* value : {"x", "1x", "0", "1001", "99999999999999999999"}) {
    spec.options = {{"a_key", value}};
    BOOST_TEST(!spec.OptionTime("a_key"));
    BOOST_TEST(!spec.OptionDuration("a_key"));
    BOOST_TEST(!spec.OptionFlag("a_key"));
    const Result<std::int64_t> number = spec.OptionNumber("a_key", 1, 1, 1000);
    BOOST_REQUIRE(!number);
    BOOST_TEST((number.error().code == ErrorCode::kInvalid));
    BOOST_TEST(number.error().message.find("a_key") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(an_option_that_the_kind_does_not_know) {
  SourceSpec spec{"s", "mastodon", {}, {{"base", "x"}, {"groups", "1"}}, false};
  BOOST_REQUIRE(CheckOptions(spec, {"base", "groups"}));
  const Status checked = CheckOptions(spec, {"base", "since"});
  BOOST_REQUIRE(!checked);
  BOOST_TEST(checked.error().message.find("`groups`") != std::string::npos);
  BOOST_TEST(checked.error().message.find("`base`, `since`") != std::string::npos);
}

// Nothing is asked without a ceiling for ever: only what ends has none.
BOOST_AUTO_TEST_CASE(a_network_has_a_ceiling_unless_it_is_read_once) {
  SourceSpec spec{"s", "mastodon", {{"tag", "", {}}}, {}, false};
  BOOST_TEST(ReadNetworkOptions(spec)->requests_a_day == kRequestsADay);
  BOOST_TEST(ReadNetworkOptions(spec, 7)->requests_a_day == 7U);
  spec.once = true;
  BOOST_TEST(ReadNetworkOptions(spec)->requests_a_day == 0U);
  spec.options = {
      {"requests_a_day", "9"}, {"revisit_for", "1d"}, {"since", "2026-01-02T00:00:00Z"}};
  const Result<NetworkOptions> options = ReadNetworkOptions(spec);
  BOOST_REQUIRE(options);
  BOOST_TEST(options->requests_a_day == 9U);
  BOOST_TEST((options->revisits.keep_up == std::chrono::hours(24)));
  BOOST_TEST((options->since == ParseTime("2026-01-02T00:00:00Z")));
  BOOST_TEST(!ReadNetworkOptions(spec, 7, 10));
  spec.hashtags.clear();
  BOOST_TEST(!ReadNetworkOptions(spec));
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace latecomer
