#include "stream/embedded_group.h"

#include <chrono>
#include <map>

#include "stream/embedded_assign.h"

namespace latecomer {
namespace {

std::int64_t MonotonicMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string NewMemberName(Db& db, std::string_view instance) {
  Query row = db.Sql("SELECT lower(hex(randomblob(16)))");
  row.Step();
  return (instance.empty() ? "member" : std::string(instance)) + "-" + row.Text(0);
}

std::int64_t RaiseGeneration(Db& db, std::int64_t group_id) {
  db.Sql("UPDATE groups SET generation=generation+1 WHERE id=?").Bind(group_id).Run();
  return GenerationOf(db, group_id);
}

void RemoveMember(Db& db, std::int64_t group_id, std::string_view member) {
  db.Sql("DELETE FROM members WHERE group_id=? AND member=?").Bind(group_id, member).Run();
  db.Sql("DELETE FROM subscriptions WHERE group_id=? AND member=?").Bind(group_id, member).Run();
  db.Sql("UPDATE assignments SET owner='' WHERE group_id=? AND owner=?")
      .Bind(group_id, member)
      .Run();
}

// True if any member was expelled.
bool ExpelSilent(Db& db, std::int64_t group_id) {
  const std::int64_t now = MonotonicMs();
  std::vector<std::string> silent;
  {
    Query rows = db.Sql(
        "SELECT member FROM members WHERE group_id=? AND (heartbeat_ms + session_ms < ? OR "
        "heartbeat_ms > ?)");
    rows.Bind(group_id, now, now);
    while (rows.Step()) silent.push_back(rows.Text(0));
  }
  for (const std::string& member : silent) RemoveMember(db, group_id, member);
  return !silent.empty();
}

std::vector<AssignTopic> SubscribedTopics(Db& db, std::int64_t group_id) {
  std::map<std::int64_t, AssignTopic> topics;
  {
    Query rows =
        db.Sql("SELECT topic_id, member FROM subscriptions WHERE group_id=? ORDER BY member");
    rows.Bind(group_id);
    while (rows.Step()) topics[rows.Int(0)].members.push_back(rows.Text(1));
  }
  std::vector<AssignTopic> list;
  for (auto& [id, topic] : topics) {
    Query rows = db.Sql("SELECT no FROM partitions WHERE topic_id=? ORDER BY partition");
    rows.Bind(id);
    while (rows.Step()) topic.partition_nos.push_back(rows.Int(0));
    list.push_back(std::move(topic));
  }
  return list;
}

struct Place {
  std::string owner;
  std::string target;
};

std::map<std::int64_t, Place> Places(Db& db, std::int64_t group_id) {
  std::map<std::int64_t, Place> places;
  Query rows = db.Sql("SELECT partition_no, owner, target FROM assignments WHERE group_id=?");
  rows.Bind(group_id);
  while (rows.Step()) places[rows.Int(0)] = {rows.Text(1), rows.Text(2)};
  return places;
}

// Shares the partitions anew. An owner keeps what it has until it releases it.
void Rebalance(Db& db, std::int64_t group_id) {
  const std::int64_t generation = RaiseGeneration(db, group_id);
  const auto places = Places(db, group_id);
  std::map<std::int64_t, std::string> current;
  for (const auto& [no, place] : places) current[no] = place.target;
  const auto wanted = AssignSticky(SubscribedTopics(db, group_id), current);

  for (const auto& [no, place] : places) {
    if (wanted.contains(no)) continue;
    if (place.owner.empty()) {
      db.Sql("DELETE FROM assignments WHERE group_id=? AND partition_no=?")
          .Bind(group_id, no)
          .Run();
    } else {
      db.Sql("UPDATE assignments SET target='' WHERE group_id=? AND partition_no=?")
          .Bind(group_id, no)
          .Run();
    }
  }
  for (const auto& [no, target] : wanted) {
    db.Sql(
          "INSERT INTO assignments(group_id, partition_no, owner, target, since) "
          "VALUES(?1, ?2, ?3, ?3, ?4) ON CONFLICT DO UPDATE SET target=?3, "
          "since=iif(owner='', ?4, since), owner=iif(owner='', ?3, owner)")
        .Bind(group_id, no, std::string_view(target), generation)
        .Run();
  }
}

void InsertMember(Db& db, const GroupMember& member, std::int64_t session_ms) {
  db.Sql(
        "INSERT INTO members(group_id, member, instance, heartbeat_ms, session_ms) "
        "VALUES(?, ?, ?, ?, ?)")
      .Bind(member.group_id, std::string_view(member.member), std::string_view(member.instance),
            MonotonicMs(), session_ms)
      .Run();
  for (const std::int64_t topic_id : member.topic_ids) {
    db.Sql("INSERT OR IGNORE INTO subscriptions(group_id, member, topic_id) VALUES(?, ?, ?)")
        .Bind(member.group_id, std::string_view(member.member), topic_id)
        .Run();
  }
}

std::string MemberOfInstance(Db& db, const GroupMember& member) {
  if (member.instance.empty()) return {};
  Query row = db.Sql("SELECT member FROM members WHERE group_id=? AND instance=?");
  row.Bind(member.group_id, std::string_view(member.instance));
  return row.Step() ? row.Text(0) : std::string();
}

// What the former member of this instance owned, and what it was to get, is the new one's. What it
// was to release is released: the new one has never had it.
void TakeOver(Db& db, const GroupMember& member, const std::string& former) {
  const std::int64_t generation = RaiseGeneration(db, member.group_id);
  db.Sql("UPDATE assignments SET owner=target, since=? WHERE group_id=? AND owner=?")
      .Bind(generation, member.group_id, std::string_view(former))
      .Run();
  for (const std::string_view sql :
       {"UPDATE assignments SET owner=? WHERE group_id=? AND owner=?",
        "UPDATE assignments SET target=? WHERE group_id=? AND target=?"}) {
    db.Sql(sql)
        .Bind(std::string_view(member.member), member.group_id, std::string_view(former))
        .Run();
  }
  RemoveMember(db, member.group_id, former);
}

}  // namespace

void JoinGroup(Db& db, EmbeddedShared& shared, GroupMember& member) {
  WriteTransaction transaction(db, shared);
  member.group_id = EnsureGroup(db, member.group);
  member.member = NewMemberName(db, member.instance);
  const std::string former = MemberOfInstance(db, member);
  if (!former.empty()) TakeOver(db, member, former);
  ExpelSilent(db, member.group_id);
  InsertMember(db, member, shared.settings.session_timeout.count());
  Rebalance(db, member.group_id);
  transaction.Commit();
}

Heartbeat RenewMember(Db& db, EmbeddedShared& shared, const GroupMember& member) {
  WriteTransaction transaction(db, shared);
  db.Sql("UPDATE members SET heartbeat_ms=? WHERE group_id=? AND member=?")
      .Bind(MonotonicMs(), member.group_id, std::string_view(member.member))
      .Run();
  if (db.Changes() == 0) {
    return MemberOfInstance(db, member).empty() ? Heartbeat::kExpelled : Heartbeat::kFenced;
  }
  if (ExpelSilent(db, member.group_id)) Rebalance(db, member.group_id);
  transaction.Commit();
  return Heartbeat::kAlive;
}

void ReleasePartitions(Db& db, EmbeddedShared& shared, const GroupMember& member,
                       const std::set<std::int64_t>& partition_nos) {
  WriteTransaction transaction(db, shared);
  const std::int64_t generation = RaiseGeneration(db, member.group_id);
  for (const std::int64_t no : partition_nos) {
    db.Sql(
          "UPDATE assignments SET owner=target, since=? WHERE group_id=? AND partition_no=? AND "
          "owner=?")
        .Bind(generation, member.group_id, no, std::string_view(member.member))
        .Run();
  }
  transaction.Commit();
}

void LeaveGroup(Db& db, EmbeddedShared& shared, const GroupMember& member) {
  WriteTransaction transaction(db, shared);
  RemoveMember(db, member.group_id, member.member);
  Rebalance(db, member.group_id);
  transaction.Commit();
}

std::int64_t GenerationOf(Db& db, std::int64_t group_id) {
  Query row = db.Sql("SELECT generation FROM groups WHERE id=?");
  row.Bind(group_id);
  return row.Step() ? row.Int(0) : 0;
}

GroupAssignment AssignmentOf(Db& db, const GroupMember& member) {
  GroupAssignment assignment;
  assignment.generation = GenerationOf(db, member.group_id);
  Query rows =
      db.Sql("SELECT partition_no, target=owner FROM assignments WHERE group_id=? AND owner=?");
  rows.Bind(member.group_id, std::string_view(member.member));
  while (rows.Step()) {
    (rows.Int(1) != 0 ? assignment.kept : assignment.leaving).insert(rows.Int(0));
  }
  return assignment;
}

std::int64_t EnsureGroup(Db& db, std::string_view name) {
  db.Sql("INSERT OR IGNORE INTO groups(name) VALUES(?)").Bind(name).Run();
  Query row = db.Sql("SELECT id FROM groups WHERE name=?");
  row.Bind(name);
  row.Step();
  return row.Int(0);
}

Status CheckMayCommit(Db& db, const GroupMetadata& group, std::int64_t partition_no) {
  if (group.member.empty()) {
    Query row =
        db.Sql("SELECT 1 FROM members WHERE group_id=(SELECT id FROM groups WHERE name=?) LIMIT 1");
    row.Bind(std::string_view(group.group));
    if (!row.Step()) return {};
    return Conflict("Group " + group.group +
                    " has members: only they may commit its offsets. Stop them first.");
  }
  Query row = db.Sql(
      "SELECT since FROM assignments WHERE group_id=(SELECT id FROM groups WHERE name=?) AND "
      "partition_no=? AND owner=?");
  row.Bind(std::string_view(group.group), partition_no, std::string_view(group.member));
  if (row.Step() && row.Int(0) <= group.generation) return {};
  return Conflict("Member " + group.member + " of group " + group.group +
                  " no longer owns the partition whose offset it commits (generation " +
                  std::to_string(group.generation) + " is over).");
}

}  // namespace latecomer
