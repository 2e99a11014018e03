// latecomer forget: erases a post, or all posts of an author, everywhere.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "app/command.h"
#include "app/daemons.h"
#include "app/setup.h"
#include "base/file_lock.h"
#include "base/json_out.h"
#include "base/stop_signals.h"
#include "ingest/post_writer.h"
#include "stream/topics.h"

namespace latecomer {
namespace {

constexpr std::chrono::milliseconds kLook{100};
constexpr int kLooksMax = 600;  // a minute

struct ForgetOptions {
  CommonOptions common;
  std::string author;
  std::string post;
};

struct Erased {
  std::string hashtag;
  const char* kind;
  std::string id;
};

bool IsBy(const std::string& author, const std::vector<std::string>& authors,
          const std::string& forgotten) {
  return author == forgotten ||
         std::find(authors.begin(), authors.end(), forgotten) != authors.end();
}

// What stands in the store of it now.
Result<std::vector<Erased>> FindAffected(TimelineReadStore& store, const ForgetOptions& options) {
  std::vector<Erased> found;
  Result<std::vector<HashtagSummary>> hashtags = store.Hashtags();
  if (!hashtags) return hashtags.error();
  for (const HashtagSummary& hashtag : *hashtags) {
    Result<TimelineSnapshot> snapshot = store.Snapshot(hashtag.hashtag);
    if (!snapshot) return snapshot.error();
    for (const EntryRecord& entry : snapshot->parts.entries) {
      const bool affected = options.author.empty()
                                ? entry.id == options.post
                                : IsBy(entry.author, entry.authors, options.author);
      if (affected) found.push_back({hashtag.hashtag, "entry", entry.id});
    }
    for (const RepostRecord& repost : snapshot->parts.reposts) {
      const bool affected = options.author.empty()
                                ? repost.id == options.post
                                : IsBy(repost.by, repost.authors, options.author);
      if (affected) found.push_back({hashtag.hashtag, "repost", repost.id});
    }
  }
  return found;
}

Status WriteForget(Stream& stream, const ForgetOptions& options) {
  Result<PostWriter> writer = PostWriter::Open(stream, "forget");
  if (!writer) return writer.error();
  Forget forget;
  forget.author = options.author;
  forget.post = options.post;
  if (Status added = writer->Add("", forget); !added) return added;
  return writer->Commit("forget", R"({"v":1})");
}

// What has been processed goes from `posts` now, not after the grace, and old values go from
// `timelines`.
Status EraseFromStream(Stream& stream) {
  for (std::int32_t p = 0; p < kEmbeddedPartitions; ++p) {
    const TopicPartition posts{kPostsTopic, p};
    Result<std::optional<std::int64_t>> done = stream.CommittedOffset(kProcessorGroup, posts);
    if (!done) return done.error();
    if (!*done) continue;
    if (Status trimmed = stream.Trim(posts, **done); !trimmed) return trimmed;
  }
  return stream.Clean(Now());
}

// A `run` on the same data directory does the work; else it is done here.
Status WaitUntilErased(const Settings& settings, StopSignals& signals) {
  const std::string lock = (std::filesystem::path(settings.data) / "run.lock").string();
  Result<FileLock> held = FileLock::Take(lock, "latecomer forget");
  const bool runs = !held && held.error().code == ErrorCode::kConflict;
  if (!held && !runs) return held.error();
  if (held) {
    FileLock release = std::move(*held);  // Daemons takes it itself
    (void)release;
  }
  if (!runs) {
    DaemonsOptions options;
    options.process = options.sink = true;
    options.command = "latecomer forget";
    Daemons daemons(std::make_shared<const Settings>(settings), options,
                    [&signals] { signals.RequestStop(); });
    if (Status started = daemons.Start(); !started) return started;
    while (!signals.WaitFor(kLook)) {
      Result<bool> idle = daemons.IsIdle();
      if (!idle) return idle.error();
      if (*idle) break;
    }
    if (Status stopped = daemons.Stop(); !stopped) return stopped;
    if (Status cleaned = EraseFromStream(daemons.stream()); !cleaned) return cleaned;
    return daemons.sink().store().Scrub(Now());
  }
  return {};
}

// Beside daemons at work: until the store no longer shows any of it.
Status WaitForRun(const Settings& settings, const ForgetOptions& options,
                  const StopSignals& signals) {
  for (int look = 0; look < kLooksMax && !signals.WaitFor(kLook); ++look) {
    Result<std::unique_ptr<TimelineReadStore>> store = OpenReadStore(settings);
    if (!store && store.error().code == ErrorCode::kNotFound) return {};
    if (!store) return store.error();
    Result<std::vector<Erased>> left = FindAffected(**store, options);
    if (!left && left.error().code == ErrorCode::kNotFound) return {};
    if (!left) return left.error();
    if (left->empty()) return {};
  }
  return RetryLater("it is written down, but " +
                    std::string(settings.stream.kind == "embedded"
                                    ? "the `latecomer run` on this data directory has"
                                    : "processors and sinks have") +
                    " not carried it out yet");
}

void PrintErased(const std::vector<Erased>& erased) {
  for (const Erased& item : erased) {
    std::string line;
    JsonObject object(line);
    object.String("hashtag", item.hashtag).String("kind", item.kind).String("id", item.id).Close();
    std::cout << line << "\n";
  }
  std::cerr << erased.size() << " erased; what comes again of it will be dropped\n";
}

int ForgetIt(const ForgetOptions& options) {
  if (options.author.empty() == options.post.empty()) {
    return Usage("forget: give exactly one of --author and --post");
  }
  const std::optional<Settings> settings = LoadSettings(options.common);
  if (!settings) return kWrongUsage;
  StopSignals signals;
  Result<std::unique_ptr<Stream>> stream = OpenStream(*settings);
  if (!stream) return Fail(stream.error());
  if (Status made = PrepareTopics(**stream, *settings); !made) return Fail(made.error());
  std::vector<Erased> erased;
  if (Result<std::unique_ptr<TimelineReadStore>> store = OpenReadStore(*settings); store) {
    Result<std::vector<Erased>> found = FindAffected(**store, options);
    if (!found && found.error().code != ErrorCode::kNotFound) return Fail(found.error());
    if (found) erased = std::move(*found);
  }
  if (Status written = WriteForget(**stream, options); !written) return Fail(written.error());
  stream->reset();
  if (settings->stream.kind == "embedded") {
    if (Status done = WaitUntilErased(*settings, signals); !done) return Fail(done.error());
  }
  if (Status done = WaitForRun(*settings, options, signals); !done) return Fail(done.error());
  PrintErased(erased);
  return kDone;
}

}  // namespace

void AddForget(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "forget", "Erase a post, or all posts of an author, everywhere and for good");
  auto options = std::make_shared<ForgetOptions>();
  AddCommonOptions(*command, options->common);
  command->add_option("--author", options->author, "The author's id, as the posts have it")
      ->type_name("ID");
  command->add_option("--post", options->post, "The post's id")->type_name("ID");
  command->footer(
      "Prints what it erased, one JSON object a line. Only a hash is kept, which keeps "
      "a later import from bringing it back. The log of a `run` at work loses its copies with its "
      "next trimming, within 14 days.");
  command->callback([options, &exit_code] { exit_code = FinishOutput(ForgetIt(*options)); });
}

}  // namespace latecomer
