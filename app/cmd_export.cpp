// latecomer export: a hashtag's timeline, out of the store and into a file.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

#include "app/command.h"
#include "app/export_csv.h"
#include "app/export_posts.h"
#include "app/setup.h"
#include "app/stored_contents.h"
#include "model/html.h"
#include "model/post_json.h"
#include "model/timeline_json.h"

namespace latecomer {
namespace {

struct ExportOptions {
  CommonOptions common;
  std::string hashtag;
  std::string format;
  std::string session;
  std::string path = "-";
};

// Where the lines go: standard output, or a file that appears under its name only when it is whole.
class Output {
 public:
  Status Open(const std::string& path) {
    path_ = path;
    if (path == "-") {
      file_ = stdout;
      return {};
    }
    part_ = path + ".part";
    file_ = std::fopen(part_.c_str(), "wb");
    return file_ == nullptr ? Status(Failure("cannot write")) : Status();
  }
  void Write(std::string_view text) {
    if (failed_ != 0) return;
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) failed_ = errno;
  }
  Status Close() {
    if (std::fflush(file_) != 0 && failed_ == 0) failed_ = errno;
    if (file_ != stdout) {
      if (failed_ == 0 && fsync(fileno(file_)) != 0) failed_ = errno;
      std::fclose(file_);
      if (failed_ == 0 && std::rename(part_.c_str(), path_.c_str()) != 0) failed_ = errno;
      if (failed_ != 0) std::remove(part_.c_str());
    }
    if (failed_ == 0) return {};
    errno = failed_;
    return Failure("cannot write");
  }

 private:
  Error Failure(const char* what) const {
    return Fatal(std::string(what) + " " + (path_ == "-" ? "standard output" : path_) + ": " +
                 std::strerror(errno));
  }
  std::string path_;
  std::string part_;
  std::FILE* file_ = nullptr;
  int failed_ = 0;
};

Result<std::uint32_t> FindSession(const Timeline& timeline, const std::string& id,
                                  std::int64_t gap_ms) {
  if (id.empty()) return kNone;
  const std::optional<TimeMs> time = ParseTime(id);
  if (!time)
    return Invalid("--session \"" + id + "\" is no session id (a time, as `sessions` lists)");
  const std::uint32_t session = timeline.FindSession(*time, gap_ms);
  if (session == kNone) return NotFound("no session at or soon after " + id);
  return session;
}

Status WriteFormat(const ExportOptions& options, TimelineReadStore& store, const Timeline& timeline,
                   const TimelineSnapshot& rest, std::int64_t gap_ms, std::uint32_t session,
                   Output& out) {
  const LineSink line = [&](std::string_view text) {
    out.Write(text);
    out.Write("\n");
  };
  StoredContents contents(store, timeline);
  Status unread;
  const EntryText text = [&](const TimelineEntry& entry) {
    Post post;
    const std::string& content = contents.Of(entry);
    if (unread && contents.status()) unread = ReadContent(content, post);
    return TextFromHtml(post.content);
  };
  if (options.format == "timeline") {
    WriteTimelineJson(timeline, gap_ms, session, text, line);
  } else if (options.format == "csv") {
    WriteTimelineCsv(timeline, session, text, line);
  } else {
    if (Status s = WritePosts(timeline, rest.coverage, session, store, line); !s) return s;
  }
  return contents.status() ? unread : contents.status();
}

int Export(const ExportOptions& options) {
  const std::optional<Settings> settings = LoadSettings(options.common);
  if (!settings) return kWrongUsage;
  const std::optional<HashtagSettings> hashtag = ResolveHashtag(*settings, options.hashtag);
  if (!hashtag) return kWrongUsage;
  auto store = OpenReadStore(*settings);
  if (!store) return Fail(store.error());
  auto snapshot = (*store)->Snapshot(hashtag->hashtag);
  if (!snapshot) return Fail(snapshot.error());
  const Timeline timeline(std::move(snapshot->parts));
  Result<std::uint32_t> session = FindSession(timeline, options.session, hashtag->gap_ms);
  if (!session) {
    return session.error().code == ErrorCode::kInvalid ? Usage(session.error().message)
                                                       : Fail(session.error());
  }
  Output out;
  if (Status opened = out.Open(options.path); !opened) return Fail(opened.error());
  const Status written =
      WriteFormat(options, **store, timeline, *snapshot, hashtag->gap_ms, *session, out);
  const Status closed = out.Close();
  if (!written) return Fail(written.error());
  return closed ? kDone : Fail(closed.error());
}

}  // namespace

void AddExport(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("export", "Write a hashtag's timeline or posts to a file");
  auto options = std::make_shared<ExportOptions>();
  AddCommonOptions(*command, options->common);
  command->add_option("--hashtag", options->hashtag, "Of which hashtag")->required();
  command
      ->add_option("--format", options->format,
                   "timeline: one JSON object a line, threads and sessions worked out; posts: "
                   "canonical posts, to be imported again; csv: a table of the entries")
      ->required()
      ->check(CLI::IsMember({"timeline", "posts", "csv"}));
  command->add_option("--session", options->session, "Only this session, by its id (a time)");
  command->add_option("-o,--output", options->path, "Where to; - is standard output")
      ->type_name("PATH")
      ->capture_default_str();
  command->callback([options, &exit_code] { exit_code = Export(*options); });
}

}  // namespace latecomer
