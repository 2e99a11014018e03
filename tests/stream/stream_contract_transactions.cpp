// The contract of transactions: all or nothing, with the offsets read, and one writer an id.
#include "tests/stream/stream_contract_util.h"

namespace latecomer::contract {

using std::chrono::milliseconds;

void HidesOpenTransactions(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  const auto reader = ReadPartition(*stream, "t");
  Must(writer->Begin());
  for (int i = 0; i < 50; ++i) Must(writer->Append("t", 0, "k" + std::to_string(i), "v"));
  BOOST_TEST(std::get<Records>(Take(reader->Poll(100, milliseconds(100)))).records.empty());
  // An open transaction of one writer holds up no other.
  const auto other = Take(stream->NewWriter("other"));
  Must(other->Begin());
  Must(other->Append("t", 0, "other", "v"));
  Must(other->Commit());
  Must(writer->Commit());
  BOOST_TEST(ReadAll(log, *stream, "t").size() == 51U);
}

void ForgetsAbortedTransactions(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  Must(writer->Begin());
  for (int i = 0; i < 50; ++i) Must(writer->Append("t", 0, "gone", "v"));
  Must(writer->SendOffsets({"g", "", 0}, {"t", 0}, 0));
  Must(writer->Abort());
  AppendAll(*writer, "t", {{"kept", "v"}});
  // A writer that goes without a word aborts too.
  const auto silent = Take(stream->NewWriter("silent"));
  {
    const auto leaving = Take(stream->NewWriter("leaving"));
    Must(leaving->Begin());
    Must(leaving->Append("t", 0, "gone", "v"));
  }
  BOOST_TEST(KeysOf(ReadAll(log, *stream, "t")) == std::vector<std::string>{"kept"},
             boost::test_tools::per_element());
  BOOST_TEST(!Take(stream->CommittedOffset("g", {"t", 0})).has_value());
}

void CommitsSeveralTopicsAtOnce(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 2)));
  Must(stream->EnsureTopic(Topic("u")));
  const auto writer = Take(stream->NewWriter("w"));
  Must(writer->Begin());
  Must(writer->Append("t", 1, "a", "1"));
  Must(writer->Append("u", -1, "b", "2"));
  Must(writer->Append("t", 0, "c", "3"));
  Must(writer->Append("u", -1, "d", std::nullopt));
  Must(writer->Commit());
  BOOST_TEST(ReadAll(log, *stream, "t", 0).size() == 1U);
  BOOST_TEST(ReadAll(log, *stream, "t", 1).size() == 1U);
  BOOST_TEST(KeysOf(ReadAll(log, *stream, "u")) == (std::vector<std::string>{"b", "d"}),
             boost::test_tools::per_element());
}

void CommitsOffsetsWithTheTransaction(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("in")));
  Must(stream->EnsureTopic(Topic("out")));
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "in", Numbered("a", 5));
  Member member(*stream, InGroup("g", "in"));
  Until(
      log, [&] { return member.records.size() == 5; }, [&] { member.Step(); }, "5 records");
  BOOST_TEST(!Take(member.reader->Committed({"in", 0})).has_value());

  Must(writer->Begin());
  Must(writer->Append("out", 0, "x", "y"));
  Must(writer->SendOffsets(member.reader->Group(), {"in", 0}, 3));
  Must(writer->Abort());
  BOOST_TEST(!Take(stream->CommittedOffset("g", {"in", 0})).has_value());

  Must(writer->Begin());
  Must(writer->Append("out", 0, "x", "y"));
  Must(writer->SendOffsets(member.reader->Group(), {"in", 0}, 4));
  BOOST_TEST(!Take(stream->CommittedOffset("g", {"in", 0})).has_value());
  Must(writer->Commit());
  BOOST_TEST(Take(stream->CommittedOffset("g", {"in", 0})).value() == 4);
  BOOST_TEST(Take(member.reader->Committed({"in", 0})).value() == 4);
  BOOST_TEST(!Take(stream->CommittedOffset("another", {"in", 0})).has_value());
  BOOST_TEST(ReadAll(log, *stream, "out").size() == 1U);
}

void ContinuesAfterTheCommittedOffset(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("in")));
  const auto writer = Take(stream->NewWriter("w"));
  AppendAll(*writer, "in", Numbered("a", 5));
  {
    Member member(*stream, InGroup("g", "in"));
    Until(
        log, [&] { return member.records.size() == 5; }, [&] { member.Step(); }, "5 records");
    Must(writer->Begin());
    Must(writer->SendOffsets(member.reader->Group(), {"in", 0}, 3));
    Must(writer->Commit());
  }
  Member next(*stream, InGroup("g", "in"));
  Until(
      log, [&] { return next.records.size() == 2; }, [&] { next.Step(); }, "2 records");
  BOOST_TEST(KeysOf(next.records) == (std::vector<std::string>{"a3", "a4"}),
             boost::test_tools::per_element());
}

void FencesAnOlderWriter(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto older = Take(stream->NewWriter("w"));
  AppendAll(*older, "t", {{"first", "v"}});
  Must(older->Begin());
  Must(older->Append("t", 0, "zombie", "v"));
  const auto far = log.Open();
  const auto newer = Take(far->NewWriter("w"));
  AppendAll(*newer, "t", {{"second", "v"}});
  const Status late = older->Commit();
  BOOST_TEST_REQUIRE(!late);
  BOOST_TEST((late.error().code == ErrorCode::kConflict));
  BOOST_TEST(!older->Begin());
  AppendAll(*newer, "t", {{"third", "v"}});
  BOOST_TEST(
      KeysOf(ReadAll(log, *stream, "t")) == (std::vector<std::string>{"first", "second", "third"}),
      boost::test_tools::per_element());
}

void NeedsAnOpenTransaction(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t")));
  const auto writer = Take(stream->NewWriter("w"));
  BOOST_TEST(!writer->Append("t", 0, "k", "v"));
  BOOST_TEST(!writer->SendOffsets({"g", "", 0}, {"t", 0}, 0));
  BOOST_TEST(!writer->Commit());
  BOOST_TEST(!writer->Abort());
  Must(writer->Begin());
  BOOST_TEST(!writer->Begin());
  Must(writer->Append("t", 0, "k", "v"));
  Must(writer->Commit());
  BOOST_TEST(ReadAll(log, *stream, "t").size() == 1U);
}

void RefusesTopicsThatAreNotThere(ContractLog& log) {
  const auto stream = log.Open();
  Must(stream->EnsureTopic(Topic("t", 2)));
  const auto not_found = [](const auto& result) {
    BOOST_TEST_REQUIRE(!result);
    BOOST_TEST((result.error().code == ErrorCode::kNotFound));
    BOOST_TEST(result.error().message.find("nowhere") != std::string::npos);
  };
  not_found(stream->PartitionCount("nowhere"));
  not_found(stream->TopicId("nowhere"));
  not_found(stream->EndOffset({"nowhere", 0}));
  not_found(stream->NewReader(InGroup("g", "nowhere")));
  const auto writer = Take(stream->NewWriter("w"));
  Must(writer->Begin());
  not_found(writer->Append("nowhere", 0, "k", "v"));
  BOOST_TEST(!writer->Append("t", 2, "k", "v"));
  BOOST_TEST(!stream->EndOffset({"t", 2}));
  Must(writer->Append("t", 1, "k", "v"));
  Must(writer->Commit());
}

}  // namespace latecomer::contract
