#include "sink_stream.h"

#include "model/timeline_record_json.h"

namespace latecomer::test {

using std::chrono::milliseconds;

SinkStream::SinkStream(std::int32_t partitions) : stream_(Open()), partitions_(partitions) {
  TopicSettings topic;
  topic.name = kTimelinesTopic;
  topic.partitions = partitions;
  topic.cleanup = Cleanup::kCompact;
  Require(stream_->EnsureTopic(topic));
}

std::unique_ptr<Stream> SinkStream::Open() const {
  EmbeddedStreamSettings settings;
  settings.path = dir_ / "stream.db";
  settings.session_timeout = milliseconds(3000);
  return Require(OpenEmbeddedStream(settings));
}

void SinkStream::Write(const Log& log, std::int32_t partition) {
  const std::unique_ptr<Writer> writer = Require(stream_->NewWriter("test"));
  std::size_t in_transaction = 0;
  for (const SequencedRecord& record : log.records()) {
    if (in_transaction == 0) Require(writer->Begin());
    std::string key;
    AppendTimelineKey(key, record.record);
    std::string value;
    if (AppendTimelineValue(value, record.record)) {
      Require(writer->Append(kTimelinesTopic, partition, key, value));
    } else {
      Require(writer->Append(kTimelinesTopic, partition, key, std::nullopt));
    }
    if (++in_transaction < 50 && &record != &log.records().back()) continue;
    Require(writer->Commit());
    in_transaction = 0;
  }
}

void SinkStream::WriteRaw(const std::string& key, const std::string& value,
                          std::int32_t partition) {
  const std::unique_ptr<Writer> writer = Require(stream_->NewWriter("test"));
  Require(writer->Begin());
  Require(writer->Append(kTimelinesTopic, partition, key, value));
  Require(writer->Commit());
}

std::vector<SequencedRecord> SinkStream::Read(std::int32_t partition) {
  ReaderSettings settings;
  settings.partitions = {{kTimelinesTopic, partition}};
  const std::unique_ptr<Reader> reader = Require(stream_->NewReader(settings));
  std::vector<SequencedRecord> out;
  while (true) {
    Polled polled = Require(reader->Poll(1000, milliseconds(0)));
    const Records& records = std::get<Records>(polled);
    if (records.records.empty()) return out;
    for (const Record& record : records.records) {
      std::optional<std::string_view> value;
      if (record.value) value = *record.value;
      out.push_back(
          {record.offset, Require(ReadTimelineRecord(record.key, value, ReadContentToo::kYes))});
    }
  }
}

std::int64_t SinkStream::End(std::int32_t partition) {
  return Require(stream_->EndOffset({kTimelinesTopic, partition}));
}

RunningSink::RunningSink(Stream& stream, TimelineWriteStore& store, SinkSettings settings)
    : loop_(stream, store, std::move(settings)), thread_([this](std::stop_token stop) {
        status_ = loop_.Run(stop);
        ended_ = true;
      }) {}

Status RunningSink::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  return status_;
}

SinkSettings QuickSettings(const std::string& instance) {
  SinkSettings settings;
  settings.instance = instance;
  settings.batch_records_max = 70;
  settings.batch_wait = milliseconds(5);
  settings.backoff_first = milliseconds(2);
  settings.backoff_most = milliseconds(20);
  return settings;
}

void WaitUntil(const std::function<bool()>& done) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!done()) {
    BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < until, "waited for a minute");
    std::this_thread::sleep_for(milliseconds(5));
  }
}

bool CaughtUp(SinkStream& stream, RunningSink& sink, std::int32_t partitions) {
  BOOST_REQUIRE(!sink.ended());
  const std::map<std::int32_t, std::int64_t> next = sink.loop().NextOffsets();
  for (std::int32_t i = 0; i < partitions; ++i) {
    if (!next.contains(i) || next.at(i) < stream.End(i)) return false;
  }
  return true;
}

}  // namespace latecomer::test
