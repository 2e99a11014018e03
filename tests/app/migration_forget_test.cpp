#include <boost/test/unit_test.hpp>

#include "model/post_json.h"
#include "stream/topics.h"
#include "tests/app/migration_harness.h"

namespace latecomer {
namespace {

Post PostBy(const std::string& author, const std::string& id) {
  Post post;
  post.id = id;
  post.published = kStart;
  post.attributed_to.id = author;
  post.content = "text";
  return post;
}

Forget ForgetAuthor(const std::string& author) {
  Forget forget;
  forget.author = author;
  return forget;
}

// Two hashtags in different partitions.
constexpr char kAhead[] = "alpha";
std::string Behind(std::int32_t partitions) {
  for (const char* hashtag : {"beta", "gamma", "delta", "zeta"}) {
    if (PartitionOf(hashtag, partitions) != PartitionOf(kAhead, partitions)) return hashtag;
  }
  BOOST_FAIL("all in one partition");
  return {};
}

// A Forget in every partition; the partition of kAhead has processed its copy, the others have not.
void ForgetInPart(LoopStream& stream, const Forget& forget) {
  std::string value;
  AppendPostsValue(value, forget);
  const std::int32_t ahead = PartitionOf(kAhead, stream.partitions());
  stream.WriteRaw(ahead, "", value);
  ProcessAll(stream);
  for (std::int32_t p = 0; p < stream.partitions(); ++p) {
    if (p != ahead) stream.WriteRaw(p, "", value);
  }
}

std::size_t CountForgets(LoopStream& stream, std::int32_t partition) {
  std::size_t count = 0;
  for (const Record& record : stream.Read(kPostsTopic, partition)) {
    count += record.value->find("Forget") == std::string::npos ? 0 : 1;
  }
  return count;
}

BOOST_AUTO_TEST_SUITE(migration_forget)

// One partition has carried it out, the other one not yet. Were what the first one knows taken to
// hold for the whole, the author's post under the other hashtag would never be erased.
BOOST_AUTO_TEST_CASE(one_that_some_partitions_have_processed) {
  LoopStream from(4);
  const std::string behind = Behind(4);
  std::vector<Input> inputs{
      {kAhead, PostBy("ana", "a1")}, {behind, PostBy("ana", "b1")}, {behind, PostBy("ben", "b2")}};
  from.Write(inputs);
  ProcessAll(from);
  ForgetInPart(from, ForgetAuthor("ana"));
  const std::vector<Input> late{{kAhead, PostBy("ana", "a2")}, {behind, PostBy("ana", "b3")}};
  from.Write(late);
  inputs.emplace_back("", ForgetAuthor("ana"));
  inputs.insert(inputs.end(), late.begin(), late.end());
  for (const std::int32_t partitions : {1, 3, 4}) {
    LoopStream to(partitions);
    Must(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)));
    for (std::int32_t q = 0; q < partitions; ++q) BOOST_TEST(CountForgets(to, q) == 1);
    BOOST_TEST(to.Timelines().find("\"b1\"") != std::string::npos);  // not yet
    ProcessAll(to);
    BOOST_TEST(to.Timelines() == ExpectedOf(inputs));
  }
}

// The first thing that the destination processes is what was carried out in part.
BOOST_AUTO_TEST_CASE(what_was_erased_does_not_come_up_again) {
  LoopStream from(4);
  ForgetInPart(from, ForgetAuthor("ana"));
  from.Write({{kAhead, PostBy("ana", "a2")}, {Behind(4), PostBy("ben", "b2")}});
  LoopStream to(1);
  Must(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)));
  const std::vector<Record> posts = to.Read(kPostsTopic, 0);
  BOOST_REQUIRE(posts.size() == 3);
  BOOST_TEST(posts[0].value->find("Forget") != std::string::npos);
  BOOST_TEST(Take(to.stream().CommittedOffset(kProcessorGroup, {kPostsTopic, 0})).value() == 0);
}

// The log of the destination holds none of what was erased, though the source was not compacted.
BOOST_AUTO_TEST_CASE(what_was_erased_does_not_come_along) {
  LoopStream from(1);
  from.Write({{kAhead, PostBy("ana", "a1")}});
  ProcessAll(from);
  from.Write({{"", ForgetAuthor("ana")}});
  ProcessAll(from);
  Must(from.stream().Trim({kPostsTopic, 0}, 2));
  const auto holds = [](LoopStream& stream) {
    for (std::int32_t p = 0; p < stream.partitions(); ++p) {
      for (const char* topic : {kPostsTopic, kTimelinesTopic}) {
        for (const Record& record : stream.Read(topic, p)) {
          if ((record.key + record.value.value_or("")).find("a1") != std::string::npos) return true;
        }
      }
    }
    return false;
  };
  LoopStream to(2);
  Must(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)));
  BOOST_TEST(holds(from));
  BOOST_TEST(!holds(to));
}

// What holds for every hashtag is known to every partition of the destination, those that had
// nothing to do with it too, and keeps out what comes later.
BOOST_AUTO_TEST_CASE(what_is_forgotten_stays_forgotten_in_all_partitions) {
  for (const auto& [before, after] : {std::pair(1, 6), std::pair(6, 1), std::pair(3, 5)}) {
    LoopStream from(before);
    std::vector<Input> inputs{{"alpha", PostBy("ana", "a1")}, {"", ForgetAuthor("ana")}};
    from.Write(inputs);
    ProcessAll(from);
    LoopStream to(after);
    Must(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)));
    std::vector<Input> later;
    for (const char* hashtag : {"alpha", "beta", "gamma", "delta", "zeta"}) {
      later.emplace_back(hashtag, PostBy("ana", "again"));
      later.emplace_back(hashtag, PostBy("ben", "other"));
    }
    to.Write(later);
    ProcessAll(to);
    inputs.insert(inputs.end(), later.begin(), later.end());
    BOOST_TEST(to.Timelines() == ExpectedOf(inputs));
    for (std::int32_t q = 0; q < after; ++q) {
      std::size_t known = 0;
      for (const Record& record : to.Read(kTimelinesTopic, q)) known += record.key[0] == ' ';
      BOOST_TEST(known == 1);
    }
  }
}

// There is no Forget left that would tell the other partitions.
BOOST_AUTO_TEST_CASE(a_hash_that_one_partition_alone_knows_holds_for_all) {
  LoopStream from(3);
  Append(from.stream(), kTimelinesTopic, 1, " forgotten " + std::string(64, 'a'),
         R"({"v":1,"kind":"forgotten","hashtag":"","cause":{"partition":1,"offset":0},)"
         R"("at":"2026-01-02T03:04:05.000Z","post":true})");
  LoopStream to(2);
  Must(MigrateOnce(from.stream(), to.stream(), OptionsFor(to)));
  for (std::int32_t q = 0; q < 2; ++q) BOOST_TEST(to.Read(kTimelinesTopic, q).size() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
