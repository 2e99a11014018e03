#include "model/json_keys.h"

#include <boost/test/unit_test.hpp>
#include <random>
#include <set>
#include <string>

namespace latecomer {
namespace {

BOOST_AUTO_TEST_SUITE(json_keys)

BOOST_AUTO_TEST_CASE(each_object_has_keys_of_its_own) {
  JsonKeys keys;
  keys.OpenObject();
  BOOST_TEST(keys.Add("a"));
  BOOST_TEST(keys.Add(""));
  keys.OpenObject();
  BOOST_TEST(keys.Add("a"));
  BOOST_TEST(keys.Add("b"));
  BOOST_TEST(!keys.Add("b"));
  keys.CloseObject();
  BOOST_TEST(keys.Add("b"));
  BOOST_TEST(!keys.Add("a"));
  BOOST_TEST(!keys.Add(""));
  keys.Clear();
  keys.OpenObject();
  BOOST_TEST(keys.Add("a"));
}

BOOST_AUTO_TEST_CASE(keys_of_equal_ends_and_length_are_told_apart) {
  JsonKeys keys;
  keys.OpenObject();
  for (const std::string_view key : {"axxb", "ayyb", "azzb"}) BOOST_TEST(keys.Add(key));
  BOOST_TEST(!keys.Add("ayyb"));
}

BOOST_AUTO_TEST_CASE(random_objects_against_the_standard_set) {
  std::vector<std::string> names;  // the views in JsonKeys lead here
  for (int i = 0; i < 200; ++i) names.push_back("key" + std::to_string(i));
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    JsonKeys keys;
    std::vector<std::set<std::string>> open(1);
    keys.OpenObject();
    for (int step = 0; step < 1500; ++step) {
      const auto what = random() % 100;
      if (what < 3 && open.size() < 32) {
        keys.OpenObject();
        open.emplace_back();
      } else if (what < 5 && open.size() > 1) {
        keys.CloseObject();
        open.pop_back();
      } else {
        const std::string& name = names[random() % names.size()];
        BOOST_REQUIRE(keys.Add(name) == open.back().insert(name).second);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
