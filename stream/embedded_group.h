// Group membership in stream.db. There is no coordinator: each member, when it polls, renews its
// own row, expels members whose session is over and shares the partitions anew. Each change raises
// the group's generation.
//
// A partition moves in two steps: `target` names the next owner at once, `owner` follows when the
// former owner has released it (or is gone). `since` is the generation in which `owner` got it: a
// commit is good if its member owns the partition and its generation is not older than that.
//
// Times are of the machine's monotonic clock, which jumps of the wall clock do not touch; a
// heartbeat that lies ahead of it is of an earlier boot.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "stream/embedded_db.h"
#include "stream/stream.h"

namespace latecomer {

struct GroupMember {
  std::int64_t group_id = 0;
  std::string group;
  std::string member;
  std::string instance;  // empty: a dynamic member
  std::vector<std::int64_t> topic_ids;
};

struct GroupAssignment {
  std::int64_t generation = 0;
  std::set<std::int64_t> kept;     // owned, and to be kept
  std::set<std::int64_t> leaving;  // owned, and wanted by another member
};

enum class Heartbeat { kAlive, kExpelled, kFenced };

// All but GenerationOf and AssignmentOf run one write transaction; all throw DbException.

// Joins under a new member name, written to `member`. An instance that is there already is taken
// over with its partitions, and its former member is fenced.
void JoinGroup(Db& db, EmbeddedShared& shared, GroupMember& member);
Heartbeat RenewMember(Db& db, EmbeddedShared& shared, const GroupMember& member);
void ReleasePartitions(Db& db, EmbeddedShared& shared, const GroupMember& member,
                       const std::set<std::int64_t>& partition_nos);
void LeaveGroup(Db& db, EmbeddedShared& shared, const GroupMember& member);

std::int64_t GenerationOf(Db& db, std::int64_t group_id);
GroupAssignment AssignmentOf(Db& db, const GroupMember& member);

// Within a write transaction: kConflict unless the group lets this member commit the partition's
// offset. A `member` that is empty may commit while the group has no members.
Status CheckMayCommit(Db& db, const GroupMetadata& group, std::int64_t partition_no);
// Within a write transaction: the group's id; it is made if it is not there.
std::int64_t EnsureGroup(Db& db, std::string_view name);

}  // namespace latecomer
