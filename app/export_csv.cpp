#include "app/export_csv.h"

namespace latecomer {
namespace {

void AppendCell(std::string& row, std::string_view text) {
  if (!row.empty()) row += ',';
  // OWASP, "CSV injection": what begins like a formula must not become one.
  const bool formula = !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != text.npos;
  if (!formula && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    if (row.empty() && text.empty()) row += "\"\"";  // else the next cell would be the first
    row += text;
    return;
  }
  row += '"';
  if (formula) row += '\'';
  for (const char c : text) {
    if (c == '"') row += '"';
    row += c;
  }
  row += '"';
}

std::string Row(const Timeline& timeline, const TimelineEntry& entry, const EntryText& text) {
  const EntryRecord& record = entry.record;
  std::string row;
  AppendCell(row, FormatTime(record.published));
  AppendCell(row, record.deleted ? std::string_view() : record.author);
  AppendCell(row, record.deleted ? std::string() : text(entry));
  AppendCell(row, record.id);
  AppendCell(row, entry.parent_node == kNone ? "" : timeline.NodeId(entry.parent_node));
  AppendCell(row, timeline.conversations()[entry.conversation].id);
  AppendCell(row, std::to_string(entry.depth));
  AppendCell(row, entry.session == kNone
                      ? std::string()
                      : FormatTime(timeline.sessions()[entry.session].record.id));
  AppendCell(row, entry.late_by_s ? std::to_string(*entry.late_by_s) : std::string());
  AppendCell(row, record.via == Via::kTag ? "tag" : "thread");
  AppendCell(row, record.deleted ? "true" : "false");
  AppendCell(row, std::to_string(entry.replies));
  AppendCell(row, std::to_string(entry.reposts));
  return row;
}

}  // namespace

void WriteTimelineCsv(const Timeline& timeline, std::uint32_t only_session, const EntryText& text,
                      const LineSink& sink) {
  sink(
      "published,author,text,id,parent,conversation,depth,session,late_by_s,via,deleted,replies,"
      "reposts\r");
  for (const TimelineEntry& entry : timeline.entries()) {
    if (only_session != kNone && entry.session != only_session) continue;
    sink(Row(timeline, entry, text) + '\r');
  }
}

}  // namespace latecomer
