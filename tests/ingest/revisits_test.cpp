#include "ingest/revisits.h"

#include <boost/test/unit_test.hpp>

#include "tests/ingest/fake_context.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kDay = 24 * 60 * kMinute;

class Fixture {
 public:
  explicit Fixture(RevisitPolicy policy = {}) : policy_(policy) { Restart(); }

  // As a source that begins anew: nothing but cursors is left.
  void Restart() {
    revisits.emplace("thread", policy_);
    BOOST_REQUIRE(revisits->Restore(context.cursors()));
  }
  void Write() { BOOST_REQUIRE(context.Write(batch)); }
  void Visit(const std::string& id, const KnownPosts& found) {
    BOOST_REQUIRE(revisits->Visited(batch, id, found, context.now));
    Write();
  }

  FakeContext context{SourceSpec{"s", "mastodon", {}, {}, false}};
  PostBatch batch{"s"};
  std::optional<Revisits> revisits;

 private:
  RevisitPolicy policy_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(revisits, Fixture)

BOOST_AUTO_TEST_CASE(what_is_expected_is_due_and_survives_a_restart) {
  BOOST_TEST(*revisits->Expect(batch, "b", context.now));
  BOOST_TEST(*revisits->Expect(batch, "a", context.now + 5));
  BOOST_TEST(!*revisits->Expect(batch, "b", context.now + 7));  // is planned sooner
  Write();
  BOOST_TEST(*revisits->Due(context.now) == "b");
  BOOST_TEST(revisits->IsNew("b"));
  BOOST_TEST(revisits->CountDue(context.now + 5) == 2U);
  Restart();
  BOOST_TEST(revisits->size() == 2U);
  BOOST_TEST(*revisits->Due(context.now) == "b");
  BOOST_TEST(*revisits->NextDue() == context.now);
  Visit("b", {{"1", 7}});
  BOOST_TEST(!revisits->IsNew("b"));
  BOOST_TEST(!revisits->Due(context.now));
  BOOST_TEST(*revisits->NextDue() == context.now + 5);
}

BOOST_AUTO_TEST_CASE(pauses_grow_while_it_is_quiet_and_are_short_after_something_new) {
  const KnownPosts found = {{"1", 7}, {"2", 0xFFFFFFFF}};
  std::int64_t before = 0;
  for (int visit = 0; visit < 20; ++visit) {
    Visit("t", found);
    Restart();
    const std::int64_t pause = *revisits->NextDue() - context.now;
    if (visit == 0) {
      BOOST_TEST(pause >= 10 * kMinute);
      BOOST_TEST(pause <= 11 * kMinute);
    } else {
      BOOST_TEST(pause >= std::min(before * 3 / 2, 30 * kDay));
      BOOST_TEST(pause <= 33 * kDay);
    }
    before = pause;
    context.now += pause;
    BOOST_TEST(*revisits->Due(context.now) == "t");
  }
  BOOST_TEST(before >= 30 * kDay);
  BOOST_TEST((revisits->Known("t") == found));
  Visit("t", {{"1", 7}, {"2", 8}});  // edited
  BOOST_TEST(*revisits->NextDue() - context.now <= 11 * kMinute);
}

BOOST_AUTO_TEST_CASE(expecting_brings_a_visit_forward) {
  Visit("t", {{"1", 7}});
  BOOST_TEST(*revisits->Expect(batch, "t", context.now));
  Write();
  Restart();
  BOOST_TEST(*revisits->Due(context.now) == "t");
  BOOST_TEST(revisits->Known("t").size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_failed_visit_is_put_off_and_loses_nothing) {
  Visit("t", {{"1", 7}});
  context.now = *revisits->NextDue();
  BOOST_REQUIRE(revisits->Postpone(batch, "t", context.now));
  Write();
  Restart();
  BOOST_TEST(*revisits->NextDue() >= context.now + 20 * kMinute);
  BOOST_TEST(revisits->Known("t").size() == 1U);
  BOOST_REQUIRE(revisits->Postpone(batch, "unknown", context.now));
  BOOST_TEST(batch.IsEmpty());
}

BOOST_AUTO_TEST_CASE(learning_leaves_the_plan) {
  Visit("t", {{"1", 7}});
  const TimeMs due = *revisits->NextDue();
  BOOST_REQUIRE(revisits->Learn(batch, "t", {{"1", 7}, {"2", 9}}));
  Write();
  Restart();
  BOOST_TEST(*revisits->NextDue() == due);
  BOOST_TEST(revisits->Known("t").size() == 2U);
  BOOST_REQUIRE(revisits->Learn(batch, "t", {{"1", 7}, {"2", 9}}));
  BOOST_TEST(batch.IsEmpty());  // nothing new
  BOOST_REQUIRE(revisits->Drop(batch, "t"));
  Write();
  Restart();
  BOOST_TEST(revisits->size() == 0U);
  BOOST_TEST(!revisits->NextDue());
}

BOOST_AUTO_TEST_CASE(too_many_posts_are_not_all_remembered) {
  KnownPosts many;
  for (int i = 0; i < 20'000; ++i) many["https://server.example/post/" + std::to_string(i)] = 1;
  Visit("t", many);
  Restart();
  const std::size_t known = revisits->Known("t").size();
  BOOST_TEST(known > 5'000U);
  BOOST_TEST(known < many.size());
}

BOOST_AUTO_TEST_CASE(ids_that_cannot_be_kept_are_refused) {
  for (const char* id : {"", "a b", "a\n"}) {
    BOOST_TEST(!revisits->Expect(batch, id, context.now));
    BOOST_TEST(!revisits->Visited(batch, id, {}, context.now));
  }
  BOOST_TEST(batch.IsEmpty());
}

BOOST_AUTO_TEST_CASE(a_cursor_without_sense_is_an_error) {
  for (const char* value :
       {"", "v2 1 2 3", "v1 1 2", "v1 1 2 x", "v1 1 2 3 id", "v1 1 2 3 id:xyz"}) {
    BOOST_REQUIRE(batch.MoveCursor("thread t", value));
    Write();
    const Status restored = Revisits("thread").Restore(context.cursors());
    BOOST_REQUIRE(!restored);
    BOOST_TEST((restored.error().code == ErrorCode::kCorrupt));
    BOOST_TEST(restored.error().message.find("thread t") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(after_so_long_without_anything_new_it_is_over) {
  RevisitPolicy policy;
  policy.keep_up = 10 * 24h;
  Fixture quiet(policy);
  quiet.Visit("t", {{"1", 7}});
  const TimeMs begin = quiet.context.now;
  int visits = 0;
  while (const std::optional<TimeMs> due = quiet.revisits->NextDue()) {
    quiet.context.now = *due;
    quiet.Visit("t", {{"1", 7}});
    quiet.Restart();
    BOOST_REQUIRE(++visits < 100);
  }
  BOOST_TEST(quiet.context.now - begin >= 10 * kDay);
  BOOST_TEST(quiet.context.now - begin <= 25 * kDay);
  BOOST_TEST(quiet.revisits->Has("t"));
  BOOST_TEST(*quiet.revisits->Expect(quiet.batch, "t", quiet.context.now));  // a reply was seen
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace latecomer
