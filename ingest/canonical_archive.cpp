// The canonical JSONL: a value of `posts` a line, as `latecomer export --format posts` writes it.
#include <algorithm>
#include <array>

#include "ingest/archive_format.h"
#include "model/html.h"
#include "model/post_json.h"

namespace latecomer {
namespace {

bool Fits(const ArchiveHead& head) {
  constexpr std::array<std::string_view, 5> kTypes = {"Note", "Announce", "Tombstone", "Coverage",
                                                      "Forget"};
  if (head.json == nullptr || head.json->Has("@context")) return false;
  return std::find(kTypes.begin(), kTypes.end(), head.json->type) != kTypes.end() ||
         (head.json->Has("v") && head.json->Has("type"));
}

bool IsBlank(const RecordText& line) {
  return std::string_view(line.text, line.size).find_first_not_of(" \t\r") ==
         std::string_view::npos;
}

// Content is sanitised again on each way in: the file may come from anywhere.
bool SanitiseContent(PostsValue& value, ArchiveOutput& out) {
  auto* post = std::get_if<Post>(&value);
  if (post == nullptr || post->content.empty()) return true;
  if (post->content.size() > kContentBytesMax) {
    out.Reject("content",
               "`content` is longer than " + std::to_string(kContentBytesMax) + " bytes of HTML.");
    return false;
  }
  post->content = SanitiseHtml(post->content);
  return true;
}

Status Read(ArchiveInput& input) {
  LineReader lines(input.source, PostReader::kJsonBytesMax);
  PostReader reader;
  ArchivePost post;
  RecordText line;
  while (!input.out.stopped()) {
    Result<bool> more = lines.Next(line);
    if (!more) return more.error();
    if (!*more) return {};
    if (IsBlank(line)) continue;
    input.out.StartLine(line);
    if (line.too_long) {
      input.out.Reject(
          "", "The line is longer than " + std::to_string(PostReader::kJsonBytesMax) + " bytes.");
      continue;
    }
    Status read = reader.Read({line.text, line.size});
    if (!read) {
      input.out.Reject("", read.error().message);
      continue;
    }
    if (!SanitiseContent(reader.value(), input.out)) continue;
    std::swap(post.value, reader.value());
    input.out.EmitChecked(post);
  }
  return {};
}

}  // namespace

const ArchiveFormat kCanonicalFormat = {
    "posts", "canonical posts, one JSON object a line (what `export --format posts` writes)", &Fits,
    &Read};

}  // namespace latecomer
