// The builder's records on their way into the topic `timelines`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "processor/builder.h"
#include "stream/stream.h"

namespace latecomer {

// Appends records to the writer's open transaction.
class TimelinesWriter : public RecordSink {
 public:
  TimelinesWriter(Stream& stream, Writer& writer, std::int32_t partition)
      : stream_(stream), writer_(writer), partition_(partition) {}

  void OnRecord(const TimelineRecord& record) override;
  // Keeps the record for Finish.
  void OnRewrite(const TimelineRecord& record) override;
  // After the flush. An entry whose record in the topic names what was forgotten is written anew:
  // its content, which the state does not hold, is read from the topic, in one pass over the
  // partition for all of them. Seldom, and then slow.
  Status Finish();
  std::uint64_t records() const { return records_; }

 private:
  Status FindContents();

  Stream& stream_;
  Writer& writer_;
  std::int32_t partition_;
  std::string key_;
  std::string value_;
  Status status_;
  std::uint64_t records_ = 0;
  std::vector<TimelineRecord> rewrites_;
};

}  // namespace latecomer
