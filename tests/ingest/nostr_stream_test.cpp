// A simulated day of listening to two relays, whose connections are cut a thousand times.
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>

#include "tests/ingest/nostr_source_harness.h"

namespace latecomer {
namespace {

using test::NostrAuthor;
using test::NostrHarness;
using test::TestRelay;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kIdleMs = 100;  // a longer wait is none between two questions
constexpr std::int64_t kJumpMs = 40'000;
constexpr std::int64_t kHourMs = 3'600'000;
constexpr int kQuietSteps = 1'500;  // at the end, without cuts, in which time goes slowly

// Who writes what: roots with the hashtag, replies with and without it, deletions, and what is none
// of ours.
class Writer {
 public:
  Writer(TestRelay& first, TestRelay& second, unsigned seed)
      : relays_{&first, &second}, random_(seed) {
    for (int i = 0; i < 5; ++i) authors_.emplace_back(i);
  }

  void Write(std::int64_t seconds) {
    const auto who = random_() % authors_.size();
    const NostrAuthor& author = authors_[who];
    const auto what = random_() % 10;
    if (what < 3 || roots_.empty()) {
      roots_.push_back(Publish(author.Note({{"t", "educhat"}, Number()}, seconds), ""));
    } else if (what < 8) {
      const std::string root = roots_[random_() % roots_.size()];
      std::vector<std::vector<std::string>> tags = {{"e", root, "", "root"}, Number()};
      if (what == 3) tags.push_back({"t", "EduChat"});
      const std::string id = Publish(author.Note(tags, seconds), what == 3 ? "" : " thread");
      if (what == 4) Delete(author, id, seconds);
    } else {
      const NostrEvent event = author.Note({{"t", "other"}, Number()}, seconds);
      relays_[0]->Publish(event);
    }
  }

  std::vector<std::string> expected;

 private:
  std::vector<std::string> Number() { return {"n", std::to_string(++number_)}; }
  // To one relay or both.
  std::string Publish(const NostrEvent& event, const std::string& via) {
    const auto where = random_() % 3;
    if (where != 1) relays_[0]->Publish(event);
    if (where != 0) relays_[1]->Publish(event);
    expected.push_back(event.id + via);
    return event.id;
  }
  // At once, when the note may not have been read yet, or not be read before.
  void Delete(const NostrAuthor& author, const std::string& id, std::int64_t seconds) {
    for (TestRelay* relay : relays_) {
      relay->Publish(author.Sign(kNostrDeletion, {{"e", id}}, "", seconds));
    }
    expected.push_back(id + " gone");
  }

  TestRelay* relays_[2];
  std::vector<NostrAuthor> authors_;
  std::mt19937 random_;
  std::vector<std::string> roots_;
  int number_ = 0;
};

// Expected and not written; written and not expected, or once more than expected.
std::pair<int, int> LostAndDoubled(const std::vector<std::string>& expected,
                                   const std::vector<std::string>& written) {
  std::map<std::string, int> balance;
  for (const std::string& line : expected) {
    --balance["educhat " + NostrPostId(line.substr(0, 64)) + line.substr(64)];
  }
  for (const std::string& line : written) ++balance[line];
  int lost = 0;
  int doubled = 0;
  for (const auto& [line, count] : balance) {
    lost += std::max(-count, 0);
    doubled += std::max(count, 0);
    if (count != 0) BOOST_TEST_MESSAGE((count < 0 ? "lost: " : "doubled: ") << line);
  }
  return {lost, doubled};
}

void RunADay(unsigned seed) {
  TestRelay first;
  TestRelay second;
  NostrHarness harness({first.Url(), second.Url()});
  Writer writer(first, second, seed);
  std::mt19937 random(seed + 1);
  const TimeMs begin = harness.context.now;
  TimeMs before = begin;
  int cuts = 0;
  int quiet = 0;
  // While nothing is to be done time leaps; while a relay is asked it goes as it does, so that a
  // question takes no part of a minute. Cuts and notes come at both.
  harness.Run([&](int) {
    TimeMs& now = harness.context.now;
    const bool is_idle = now - before > kIdleMs;
    if (now < begin + kDayMs) {
      if (is_idle) now += kJumpMs;
      if (random() % (is_idle ? 5 : 40) == 0) writer.Write(harness.Seconds());
      if (random() % (is_idle ? 3 : 60) == 0) {
        (random() % 2 == 0 ? first : second).Cut();
        ++cuts;
      }
    } else if (++quiet == kQuietSteps / 3) {
      now += kHourMs;  // what is to be visited again is due
    }
    before = now;
    return quiet < kQuietSteps;
  });
  const auto [lost, doubled] = LostAndDoubled(writer.expected, harness.posts);
  BOOST_TEST_MESSAGE("seed " << seed << ": " << cuts << " cuts, "
                             << first.connections() + second.connections() << " connections, "
                             << writer.expected.size() << " posts and deletions, "
                             << first.requests() + second.requests() << " questions; lost " << lost
                             << ", doubled " << doubled);
  BOOST_TEST(first.connections() + second.connections() >= 1'000);
  BOOST_TEST(lost == 0);
  BOOST_TEST(doubled == 0);
  BOOST_TEST(harness.context.rejects.empty());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(nostr_stream)

BOOST_AUTO_TEST_CASE(a_day_with_a_thousand_reconnects) { RunADay(11); }

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
