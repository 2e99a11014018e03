// The builder's records on their way into the topic `timelines`.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "processor/builder.h"
#include "processor/record_batch.h"
#include "stream/stream.h"

namespace latecomer {

// Gathers the records of one partition's flush in `batch`.
class TimelinesWriter : public RecordSink {
 public:
  TimelinesWriter(RecordBatch& batch, std::int32_t partition)
      : batch_(batch), partition_(partition) {}

  void OnRecord(const TimelineRecord& record) override;
  // Keeps the record for Finish.
  void OnRewrite(const TimelineRecord& record) override;
  // After the flush, and before the transaction is opened. An entry whose record in the topic names
  // what was forgotten is written anew: its content, which the state does not hold, is read from
  // the topic, in one pass over the partition for all of them. Seldom, and then slow.
  Status Finish(Stream& stream);

 private:
  Status FindContents(Stream& stream);

  RecordBatch& batch_;
  std::int32_t partition_;
  std::vector<TimelineRecord> rewrites_;
};

}  // namespace latecomer
