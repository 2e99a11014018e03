#include "processor/post_decoder.h"

#include <boost/test/unit_test.hpp>

namespace latecomer {
namespace {

constexpr std::int32_t kPartitions = 8;
const std::string kNote =
    R"({"id":"n","type":"Note","content":"<p>x</p>","published":"2013-06-25T18:14:45Z"})";

Record Of(const std::string& key, const std::optional<std::string>& value) {
  return {PartitionOf(key, kPartitions), 42, 1000, key, value};
}

std::string RejectOf(Record record) {
  PostDecoder decoder(kPartitions);
  const Result<VersionInput> input = decoder.Decode(std::move(record));
  if (input) return "";
  BOOST_TEST((input.error().code == ErrorCode::kInvalid));
  return input.error().message;
}

BOOST_AUTO_TEST_SUITE(post_decoder)

BOOST_AUTO_TEST_CASE(a_note_comes_with_its_content_and_digest) {
  PostDecoder decoder(kPartitions);
  const Result<VersionInput> input = decoder.Decode(Of("tag", kNote));
  BOOST_REQUIRE(static_cast<bool>(input));
  BOOST_TEST((input->cause == Cause{PartitionOf("tag", kPartitions), 42}));
  BOOST_TEST(input->at == 1000);
  BOOST_TEST(input->hashtag == "tag");
  BOOST_TEST(input->content == R"({"content":"<p>x</p>"})");
  BOOST_TEST(input->digest == ContentDigest(input->content));
  BOOST_TEST(std::get<Post>(*input->value).id == "n");
}

BOOST_AUTO_TEST_CASE(a_tombstone_has_no_content) {
  PostDecoder decoder(kPartitions);
  BOOST_REQUIRE(static_cast<bool>(decoder.Decode(Of("tag", kNote))));
  decoder.Clear();  // what it held is used again
  const Result<VersionInput> input =
      decoder.Decode(Of("tag", R"({"type":"Tombstone","id":"n","content":"x"})"));
  BOOST_REQUIRE(static_cast<bool>(input));
  BOOST_TEST(input->content == "");
  BOOST_TEST(input->digest == 0U);
}

BOOST_AUTO_TEST_CASE(inputs_stay_until_clear) {
  PostDecoder decoder(kPartitions);
  std::vector<VersionInput> inputs;
  for (int i = 0; i < 500; ++i) {
    const std::string id = "id" + std::to_string(i);
    const std::string tag = "tag" + std::to_string(i);
    const Result<VersionInput> input =
        decoder.Decode(Of(tag, R"({"type":"Note","published":"2013-06-25T18:14:45Z","id":")" + id +
                                   R"(","summary":")" + id + "\"}"));
    BOOST_REQUIRE(static_cast<bool>(input));
    inputs.push_back(*input);
    BOOST_REQUIRE(!decoder.Decode(Of(tag, "no JSON")));
  }
  for (int i = 0; i < 500; ++i) {
    const VersionInput& input = inputs[static_cast<std::size_t>(i)];
    const std::string id = "id" + std::to_string(i);
    BOOST_REQUIRE(std::get<Post>(*input.value).id == id);
    BOOST_REQUIRE(input.hashtag == "tag" + std::to_string(i));
    BOOST_REQUIRE(input.content == R"({"summary":")" + id + "\"}");
  }
}

BOOST_AUTO_TEST_CASE(what_belongs_into_rejects) {
  BOOST_TEST(RejectOf(Of("tag", kNote)) == "");
  BOOST_TEST(RejectOf(Of("tag", std::nullopt)) == "a record without a value");
  BOOST_TEST(RejectOf(Of("tag", "{}")) == "field type: missing");
  BOOST_TEST(RejectOf(Of("", kNote)) == "a record without a hashtag as its key");
  Record elsewhere = Of("tag", kNote);
  elsewhere.partition = (elsewhere.partition + 1) % kPartitions;
  BOOST_TEST(RejectOf(elsewhere) ==
             "the hashtag does not belong to partition " + std::to_string(elsewhere.partition));
}

// The keys of `timelines` begin with the hashtag and a blank: another blank would make them
// unreadable.
BOOST_AUTO_TEST_CASE(a_key_that_is_no_folded_hashtag) {
  for (const std::string key : {"two words", "#tag", "Tag", "a\tb", "a\nb", "\xff", "e\u0301"}) {
    BOOST_TEST_CONTEXT(key) { BOOST_TEST(RejectOf(Of(key, kNote)) != ""); }
  }
  BOOST_TEST(RejectOf(Of("café", kNote)) == "");
}

BOOST_AUTO_TEST_CASE(a_forget_is_for_every_partition) {
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) {
    PostDecoder decoder(kPartitions);
    const Result<VersionInput> input =
        decoder.Decode({partition, 0, 0, "any key", R"({"type":"Forget","post":"p"})"});
    BOOST_REQUIRE(static_cast<bool>(input));
    BOOST_TEST(std::get<Forget>(*input->value).post == "p");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
