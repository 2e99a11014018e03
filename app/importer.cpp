#include "app/importer.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "app/until_there.h"
#include "base/json_out.h"
#include "base/sha256.h"
#include "ingest/cursor_store.h"
#include "ingest/post_writer.h"

namespace latecomer {
namespace {

std::set<std::string, std::less<>> KeysOf(const HashtagSettings& hashtag) {
  std::set<std::string, std::less<>> keys(hashtag.aliases.begin(), hashtag.aliases.end());
  keys.insert(hashtag.hashtag);
  return keys;
}

// Which import this is: what belongs depends on the hashtag and on all files together, so a cursor
// holds for just this combination.
std::string RunId(const ImportRequest& request, const ArchiveSelection& selection) {
  std::vector<std::string> parts;
  for (const ArchiveFacts& file : selection.files()) {
    parts.push_back(file.digest + " " + file.format);
  }
  std::sort(parts.begin(), parts.end());
  std::string text = request.all ? "all\n" : "tagged\n";
  for (const std::string& key : KeysOf(request.hashtag)) text += key + "\n";
  for (const std::string& column : request.columns) text += column + "\n";
  for (const std::string& part : parts) text += part + "\n";
  return Sha256Hex(text).substr(0, 32);
}

// Cursor values: {"v":1,"next":POSITION}.
std::string CursorText(ArchivePosition next) {
  std::string text;
  JsonObject object(text);
  object.Int("v", 1).Uint("next", next).Close();
  return text;
}

ArchivePosition CursorPosition(const std::optional<std::string>& text) {
  constexpr std::string_view kBefore = R"({"v":1,"next":)";
  if (!text || !text->starts_with(kBefore)) return 0;
  ArchivePosition next = 0;
  std::from_chars(text->data() + kBefore.size(), text->data() + text->size(), next);
  return next;
}

// Pass 2 over one file: counts everything, writes what is beyond the cursor.
class FileImport : public ArchiveVisitor {
 public:
  FileImport(const HashtagSettings& hashtag, PostWriter& writer, std::string cursor_key,
             ArchivePosition first, ImportLedger& ledger, ImportOutcome& outcome,
             const std::stop_token& stop)
      : hashtag_(hashtag),
        writer_(writer),
        cursor_key_(std::move(cursor_key)),
        first_(first),
        next_(first),
        ledger_(ledger),
        outcome_(outcome),
        stop_(stop) {}

  bool OnSelected(PostsValue& value, ArchivePosition position) override {
    if (!status_) return false;
    if (position < first_) {
      ledger_.Apply(value);
      return true;
    }
    next_ = position + 1;
    if (Status added = writer_.Add(hashtag_.hashtag, value); added) {
      ledger_.Apply(value);
    } else {
      Reject reject{"record " + std::to_string(position), added.error().message, 0, ""};
      Refuse(reject);
    }
    return Continue();
  }
  void OnReject(Reject reject, ArchivePosition position) override {
    if (!status_) return;  // the first failure is the one that is reported
    if (position < first_) {
      outcome_.rejects.Add(reject);
      return;
    }
    next_ = position + 1;
    Refuse(reject);
    // Rejects fill a batch as posts do: a file may hold nothing else.
    if (status_ && writer_.IsFull()) status_ = Commit();
  }
  void OnSkipped(ArchivePosition) override { ++ledger_.counts.skipped; }
  void OnProgress(std::uint64_t bytes) override {
    if (on_progress) on_progress(bytes);
  }

  Status Commit() {
    return UntilThere(stop_, [this] { return writer_.Commit(cursor_key_, CursorText(next_)); });
  }
  const Status& status() const { return status_; }

  std::function<void(std::uint64_t)> on_progress;

 private:
  void Refuse(const Reject& reject) {
    outcome_.rejects.Add(reject);
    status_ = writer_.AddReject(reject);
  }
  bool Continue() {
    if (status_ && writer_.IsFull()) status_ = Commit();
    if (stop_.stop_requested()) outcome_.interrupted = true;
    return status_ && !outcome_.interrupted;
  }

  const HashtagSettings& hashtag_;
  PostWriter& writer_;
  std::string cursor_key_;
  ArchivePosition first_;
  ArchivePosition next_;
  ImportLedger& ledger_;
  ImportOutcome& outcome_;
  const std::stop_token& stop_;
  Status status_;
};

}  // namespace

ImportFiles::ImportFiles(const ImportRequest& request)
    : request_(request), selection_(KeysOf(request.hashtag), request.all) {}

Status ImportFiles::Read(ProgressBar& progress, const std::stop_token& stop) {
  for (const std::string& file : request_.files) {
    std::string path = file;
    if (file == "-") {
      Result<SpooledFile> spooled = SpooledFile::Spool(STDIN_FILENO, request_.spool_directory);
      if (!spooled) return spooled.error();
      spooled_.push_back(std::move(*spooled));
      path = spooled_.back().path();
    }
    ArchiveOptions options;
    options.format = request_.format;
    options.name = file;
    options.columns = request_.columns;
    options.now = Now();
    const std::size_t before = selection_.files().size();
    Status added = selection_.AddFile(path, options, [&](std::uint64_t bytes) {
      std::error_code error;
      const auto size = std::filesystem::file_size(path, error);
      progress.Show("reading " + file, bytes, error ? 0 : size);
      return !stop.stop_requested();
    });
    if (added) continue;
    if (selection_.files().size() == before) return added;
    damage_ = added.error().message;
  }
  selection_.Finish();
  return {};
}

Result<ImportOutcome> ImportArchives(Stream& stream, const ImportRequest& request,
                                     ProgressBar& progress, const std::stop_token& stop) {
  ImportFiles files(request);
  ImportOutcome outcome;
  if (Status read = files.Read(progress, stop); !read) {
    outcome.interrupted = stop.stop_requested();
    return outcome.interrupted ? Result<ImportOutcome>(std::move(outcome)) : read.error();
  }
  std::optional<ImportLedger> loading;
  const Status loaded = UntilThere(stop, [&] {
    loading.emplace(request.hashtag);
    return loading->Load(stream, stop);
  });
  if (!loaded) {
    outcome.interrupted = stop.stop_requested();
    return outcome.interrupted ? Result<ImportOutcome>(std::move(outcome)) : loaded.error();
  }
  ImportLedger& ledger = *loading;
  const std::string source = "import " + RunId(request, files.selection());
  Result<PostWriter> writer = UntilThere(stop, [&] { return PostWriter::Open(stream, source); });
  if (!writer) return writer.error();
  outcome.damage = files.damage();
  for (std::size_t i = 0; i < files.selection().files().size() && !outcome.interrupted; ++i) {
    const ArchiveFacts& facts = files.selection().files()[i];
    const std::string key = source + " " + facts.digest;
    Result<std::optional<std::string>> cursor =
        UntilThere(stop, [&] { return ReadCursor(stream, source, key); });
    if (!cursor) return cursor.error();
    FileImport file(request.hashtag, *writer, key, CursorPosition(*cursor), ledger, outcome, stop);
    file.on_progress = [&](std::uint64_t bytes) {
      progress.Show("writing " + facts.options.name, bytes, facts.bytes);
    };
    const Status read = files.selection().ForEachSelected(i, 0, file);
    if (!file.status()) return file.status().error();
    if (!read && facts.damage.empty()) return read.error();
    if (Status committed = file.Commit(); !committed) return committed.error();
  }
  ledger.Finish();
  outcome.counts = ledger.counts;
  outcome.counts.rejects = outcome.rejects.count();
  return outcome;
}

}  // namespace latecomer
