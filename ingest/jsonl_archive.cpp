#include "ingest/jsonl_archive.h"

#include "ingest/json_items.h"
#include "ingest/line_reader.h"

namespace latecomer {
namespace {

void Record(ArchiveOutput& out, JsonTree& tree, RecordText& record, const JsonRecordSink& sink) {
  if (record.too_long) {
    out.Reject("", "The record is longer than " + std::to_string(kRecordBytesMax) + " bytes.");
    return;
  }
  Status parsed = tree.Parse(record.text, record.size);
  if (!parsed) {
    out.Reject("", parsed.error().message);
  } else if (!tree.root().is_object()) {
    out.Reject("", "The record is no JSON object.");
  } else {
    sink(tree.root());
  }
}

}  // namespace

Status ReadJsonLines(ArchiveInput& input, std::vector<std::string_view> skipped,
                     const JsonRecordSink& sink) {
  LineReader lines(input.source);
  JsonTree tree(std::move(skipped));
  RecordText line;
  while (!input.out.stopped()) {
    Result<bool> more = lines.Next(line);
    if (!more) return more.error();
    if (!*more) return {};
    if (std::string_view(line.text, line.size).find_first_not_of(" \t\r") ==
        std::string_view::npos) {
      continue;
    }
    input.out.StartLine(line);
    Record(input.out, tree, line, sink);
  }
  return {};
}

Status ReadJsonItems(ArchiveInput& input, std::string key, std::vector<std::string_view> skipped,
                     const JsonRecordSink& sink) {
  JsonItemReader items(input.source, std::move(key));
  JsonTree tree(std::move(skipped));
  RecordText item;
  while (!input.out.stopped()) {
    Result<bool> more = items.Next(item);
    if (!more) {
      if (more.error().code != ErrorCode::kInvalid) return more.error();
      if (more.error().message.starts_with(input.out.name())) return more.error();
      return Invalid(input.out.name() + ": " + more.error().message);
    }
    if (!*more) return {};
    input.out.StartItem(item);
    Record(input.out, tree, item, sink);
  }
  return {};
}

}  // namespace latecomer
