// Streams that are migrated into one another, and what must come of it.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "app/migration.h"
#include "tests/processor/faulty_stream.h"
#include "tests/processor/loop_harness.h"

namespace latecomer {

// The timelines that the inputs must give, by the oracle, as LoopStream::Timelines writes them.
std::string ExpectedOf(const std::vector<Input>& inputs);

// Lets a processor work on all of the stream's posts.
void ProcessAll(LoopStream& stream);
// Lets one work on some of them: after this many batches it is killed.
void ProcessSome(LoopStream& stream, int batches);

// One record, as it is, into any topic.
void Append(Stream& stream, const std::string& topic, std::int32_t partition,
            const std::string& key, const std::optional<std::string>& value);
// "partition key=value" of all records of a topic that are the latest of their key.
std::vector<std::string> LatestOf(LoopStream& stream, const std::string& topic);

MigrationOptions OptionsFor(const LoopStream& to);

// All of it, from the beginning or from where it was cut off. What fails is returned.
Status MigrateOnce(Stream& from, Stream& to, const MigrationOptions& options);
// The same with small batches, killed at random ones and started again until it is through. The
// number of times it was.
int MigrateKilled(LoopStream& from, LoopStream& to, std::mt19937& random);

}  // namespace latecomer
