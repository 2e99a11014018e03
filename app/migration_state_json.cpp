#include "app/migration_state_json.h"

#include <rapidjson/document.h>

#include "base/json_out.h"

namespace latecomer {
namespace {

constexpr const char* kPhases[] = {"forgotten",   "timelines", "processed", "offsets", "carried",
                                   "unprocessed", "cursors",   "rejects",   "copied",  "done"};

using Value = rapidjson::Value;

bool ReadText(const Value& object, const char* name, std::string& out) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return false;
  out.assign(member->value.GetString(), member->value.GetStringLength());
  return true;
}

bool ReadCount(const Value& object, const char* name, std::uint64_t& out) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsUint64()) return false;
  out = member->value.GetUint64();
  return true;
}

bool ReadAll(const Value& object, MigrationState& state) {
  if (!object.IsObject()) return false;
  std::uint64_t version = 0;
  std::string phase;
  if (!ReadCount(object, "v", version) || version != 1 || !ReadText(object, "from", state.from) ||
      !ReadText(object, "source", state.source) || !ReadText(object, "state", state.state) ||
      !ReadText(object, "plan", state.plan) || !ReadText(object, "phase", phase)) {
    return false;
  }
  bool known = false;
  for (std::size_t i = 0; i < std::size(kPhases); ++i) {
    if (phase != kPhases[i]) continue;
    state.at.phase = static_cast<MigrationPhase>(i);
    known = true;
  }
  const auto partition = object.FindMember("partition");
  const auto next = object.FindMember("next");
  if (!known || partition == object.MemberEnd() || !partition->value.IsInt() ||
      next == object.MemberEnd() || !next->value.IsInt64()) {
    return false;
  }
  state.at.partition = partition->value.GetInt();
  state.at.next = next->value.GetInt64();
  MigrationCounts& counts = state.counts;
  return ReadCount(object, "timelines", counts.timelines) &&
         ReadCount(object, "posts", counts.posts) &&
         ReadCount(object, "unprocessed", counts.unprocessed) &&
         ReadCount(object, "cursors", counts.cursors) &&
         ReadCount(object, "rejects", counts.rejects) &&
         ReadCount(object, "dropped", counts.dropped);
}

}  // namespace

std::string MigrationStateJson(const MigrationState& state) {
  std::string out;
  JsonObject object(out);
  object.Int("v", 1).String("from", state.from).String("source", state.source);
  object.String("state", state.state).String("plan", state.plan);
  object.String("phase", kPhases[static_cast<std::size_t>(state.at.phase)]);
  object.Int("partition", state.at.partition).Int("next", state.at.next);
  object.Uint("timelines", state.counts.timelines).Uint("posts", state.counts.posts);
  object.Uint("unprocessed", state.counts.unprocessed).Uint("cursors", state.counts.cursors);
  object.Uint("rejects", state.counts.rejects).Uint("dropped", state.counts.dropped).Close();
  return out;
}

Result<MigrationState> ReadMigrationState(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  MigrationState state;
  if (document.HasParseError() || !ReadAll(document, state)) {
    return Corrupt(
        "the record of how far the migration is cannot be read, or is of a newer version");
  }
  return state;
}

}  // namespace latecomer
