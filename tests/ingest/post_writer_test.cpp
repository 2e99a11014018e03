#include "ingest/post_writer.h"

#include <boost/test/unit_test.hpp>

#include "ingest/cursor_store.h"
#include "stream/topics.h"
#include "tests/ingest/scripted_source.h"
#include "tests/processor/faulty_stream.h"
#include "tests/stream/embedded_util.h"

namespace latecomer {
namespace {

Post Note(const std::string& id) {
  Post post;
  post.id = id;
  post.published = 1'600'000'000'000;
  post.source = {"test", "test.example", 1'600'000'000'000};
  return post;
}

class Fixture {
 public:
  Fixture() : stream_(contract::Take(OpenEmbeddedStream(StreamIn(folder_.path())))) {
    BOOST_REQUIRE(static_cast<bool>(EnsureTopics(*stream_, 4)));
  }
  Stream& stream() { return *stream_; }
  PostWriter Open(Stream& on) {
    Result<PostWriter> writer = PostWriter::Open(on, "src");
    BOOST_REQUIRE(static_cast<bool>(writer));
    return std::move(*writer);
  }
  std::size_t Count(const std::string& topic) { return ReadTopic(*stream_, topic).size(); }

 private:
  TempFolder folder_;
  std::unique_ptr<Stream> stream_;
};

BOOST_FIXTURE_TEST_SUITE(post_writer, Fixture)

BOOST_AUTO_TEST_CASE(a_batch_is_one_transaction_of_everything) {
  PostBatch batch("src");
  BOOST_TEST(batch.IsEmpty());
  BOOST_TEST(batch.AddOrReject({"one", "two"}, Note("https://a.example/1"), "page 1"));
  BOOST_REQUIRE(static_cast<bool>(batch.Add("one", PostsValue(Coverage{"src", 1, 2, true, ""}))));
  BOOST_REQUIRE(static_cast<bool>(batch.Add("", PostsValue(Forget{"https://a.example/2", ""}))));
  batch.AddReject({"page 1 item 2", "it is broken", 7, std::string(900, 'x')});
  BOOST_REQUIRE(static_cast<bool>(batch.MoveCursor("", "whole")));
  BOOST_REQUIRE(static_cast<bool>(batch.MoveCursor("thread 1", "soon")));
  BOOST_REQUIRE(static_cast<bool>(batch.MoveCursor("thread 1", "later")));
  BOOST_REQUIRE(static_cast<bool>(batch.DeleteCursor("thread 2")));
  BOOST_TEST(batch.posts() == 2U);
  BOOST_TEST(batch.rejects() == 1U);
  BOOST_TEST(batch.records() == 8U);

  PostWriter writer = Open(stream());
  BOOST_REQUIRE(static_cast<bool>(writer.Write(batch, nullptr)));
  BOOST_TEST(Count(kPostsTopic) == 2U + 1U + 4U);  // a Forget goes into each partition
  const std::vector<Record> rejects = ReadTopic(stream(), kRejectsTopic);
  BOOST_REQUIRE(rejects.size() == 1U);
  BOOST_TEST(rejects[0].key == "src");
  BOOST_TEST(rejects[0].value->size() < 400U);  // the sample is cut
  std::map<std::string, std::optional<std::string>> cursors;
  for (const Record& record : ReadTopic(stream(), kCursorsTopic)) {
    cursors[record.key] = record.value;
    BOOST_TEST(record.partition == PartitionOf("src", 4));
  }
  BOOST_TEST(cursors.size() == 3U);
  BOOST_TEST(cursors["src"].value() == "whole");
  BOOST_TEST(cursors["src thread 1"].value() == "later");
  BOOST_TEST(!cursors["src thread 2"].has_value());

  batch.Clear();
  BOOST_TEST(batch.IsEmpty());
  BOOST_TEST(batch.bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_taken_becomes_a_reject) {
  PostBatch batch("src");
  Post post = Note("");
  BOOST_TEST(!batch.AddOrReject({"one"}, post, "w"));
  post = Note("https://a.example/1");
  post.published = *post.source.retrieved + 2 * 86'400'000;
  BOOST_TEST(!batch.AddOrReject({"one"}, post, "w"));
  post = Note("https://a.example/1");
  post.content = "not \xFF UTF-8";
  BOOST_TEST(!batch.AddOrReject({"one"}, post, "w"));
  post = Note("https://a.example/1");
  post.content = std::string(2'000'000, 'x');
  BOOST_TEST(!batch.AddOrReject({"one"}, post, "w"));
  post = Note(std::string(kIdBytesMax + 1, 'i'));
  BOOST_TEST(!batch.AddOrReject({"one"}, post, "w"));
  post = Note("https://a.example/1");
  post.url = "javascript:alert(1)";
  BOOST_TEST(batch.AddOrReject({"one"}, post, "w"));
  BOOST_TEST(batch.held().back().value.find("javascript") == std::string::npos);
  BOOST_TEST(batch.rejects() == 5U);
  BOOST_TEST(batch.posts() == 1U);
  BOOST_TEST(batch.held()[0].value.find("`id` is missing") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(batches_and_cursors_are_bounded) {
  PostBatch batch("src");
  BOOST_TEST(!batch.MoveCursor(std::string(PostBatch::kCursorKeyBytesMax + 1, 'k'), ""));
  BOOST_TEST(!batch.MoveCursor("k", std::string(PostBatch::kCursorValueBytesMax + 1, 'v')));
  BOOST_TEST(batch.IsEmpty());
  Post post = Note("https://a.example/1");
  post.content = std::string(300'000, 'x');
  int count = 0;
  while (!batch.IsFull()) {
    BOOST_REQUIRE(static_cast<bool>(batch.AddOrReject({"one"}, post, "w")));
    ++count;
  }
  BOOST_TEST(count < 40);
  batch.Clear();
  for (std::size_t i = 0; i < PostBatch::kRecordsMax; ++i) {
    BOOST_REQUIRE(static_cast<bool>(batch.MoveCursor(std::to_string(i), "")));
  }
  BOOST_TEST(batch.IsFull());
}

// Whichever call fails, the batch is whole or not there, and may be tried again.
BOOST_AUTO_TEST_CASE(every_call_may_fail_and_is_tried_again) {
  for (int fail_at = 1; fail_at <= 6; ++fail_at) {
    int calls = 0;
    FaultyStream faulty(stream(), [&](FaultyStream::Call call) -> std::optional<Error> {
      if (call == FaultyStream::Call::kPollPartition) return std::nullopt;
      if (++calls != fail_at) return std::nullopt;
      return RetryLater("the log is away");
    });
    PostWriter writer = Open(faulty);
    PostBatch batch("src");
    BOOST_REQUIRE(static_cast<bool>(batch.AddOrReject({"one"}, Note("https://a.example/1"), "w")));
    BOOST_REQUIRE(static_cast<bool>(batch.MoveCursor("at", std::to_string(fail_at))));
    const std::size_t posts = Count(kPostsTopic);
    const SourceFence fence{{"some.group", "", 0}, {kCursorsTopic, 0}, 0};
    Status written = writer.Write(batch, &fence);
    const bool failed = !written;
    BOOST_TEST(failed == (fail_at <= 5));  // begin, post, cursor, offsets, commit
    BOOST_TEST(Count(kPostsTopic) == posts + (failed ? 0U : 1U));
    if (failed) BOOST_TEST(static_cast<bool>(writer.Write(batch, &fence)));
    BOOST_TEST(Count(kPostsTopic) == posts + 1U);
    const auto cursor = ReadCursor(stream(), "src", "src at");
    BOOST_TEST(cursor->value() == std::to_string(fail_at));
  }
}

BOOST_AUTO_TEST_CASE(who_may_not_commit_aborts_and_who_is_fenced_is_told) {
  PostWriter writer = Open(stream());
  PostBatch batch("src");
  BOOST_REQUIRE(static_cast<bool>(batch.AddOrReject({"one"}, Note("https://a.example/1"), "w")));
  const Status refused = writer.Write(batch, nullptr, [] { return false; });
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::kConflict));
  BOOST_TEST(Count(kPostsTopic) == 0U);
  BOOST_TEST(static_cast<bool>(writer.Write(batch, nullptr, [] { return true; })));
  PostWriter newer = Open(stream());
  const Status fenced = writer.Write(batch, nullptr);
  BOOST_REQUIRE(!fenced);
  BOOST_TEST((fenced.error().code == ErrorCode::kConflict));
  BOOST_TEST(static_cast<bool>(newer.Write(batch, nullptr)));
  BOOST_TEST(Count(kPostsTopic) == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
