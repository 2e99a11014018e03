#include "app/fetch_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/json_out.h"
#include "ingest/json_tree.h"

namespace latecomer {
namespace {

constexpr std::string_view kJournalSuffix = ".fetch";
constexpr std::string_view kRejectsSuffix = ".rejects";

Error Failure(const std::string& what, const std::string& path) {
  return Fatal(what + " " + path + ": " + std::strerror(errno));
}

// The cursors that were moved, as one object; those that were deleted are null.
template <typename Moved>
void AppendCursors(std::string& out, const Moved& moved) {
  out += '{';
  bool first = true;
  for (const auto& [key, value] : moved) {
    if (!first) out += ',';
    first = false;
    AppendJsonString(out, key);
    out += ':';
    const std::optional<std::string> text = value;
    if (text) {
      AppendJsonString(out, *text);
    } else {
      out += "null";
    }
  }
  out += '}';
}

template <typename Moved>
std::string Step(std::uint64_t length, std::uint64_t posts, bool complete, const Moved& moved) {
  std::string line;
  JsonObject step(line);
  step.Uint("length", length).Uint("posts", posts).Bool("complete", complete);
  step.Key("cursors");
  AppendCursors(line, moved);
  step.Close();
  return line + "\n";
}

std::string Header(const FetchTask& task) {
  std::string line;
  JsonObject(line)
      .Int("v", 1)
      .String("hashtag", task.hashtag)
      .String("kind", task.kind)
      .String("base", task.base)
      .Close();
  return line + "\n";
}

}  // namespace

Result<FetchFile> FetchFile::Open(const std::string& path, const FetchTask& task) {
  FetchFile file;
  file.path_ = path;
  const std::string journal = path + std::string(kJournalSuffix);
  struct stat about {};
  const bool has_journal = ::stat(journal.c_str(), &about) == 0;
  if (!has_journal && ::stat(path.c_str(), &about) == 0 && about.st_size > 0) {
    return Invalid(path + " is there already, and no `fetch` began it: choose another with -o");
  }
  file.file_ = UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (file.file_.get() < 0) return Failure("cannot write", path);
  if (::flock(file.file_.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorCode::kConflict, "another process is fetching into " + path, {}};
  }
  if (has_journal) {
    if (Status restored = file.Restore(journal, task); !restored) return restored.error();
  }
  if (Status compact = file.Compact(task); !compact) return compact.error();
  return file;
}

Status FetchFile::Restore(const std::string& journal, const FetchTask& task) {
  std::ifstream in(journal, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in && !in.eof()) return Failure("cannot read", journal);
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == text.npos) break;  // was being written when the process died
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (++number > 1) {
      if (Status read = ReadStep(line, number); !read) return read;
    } else if (line + "\n" != Header(task)) {
      return Invalid(journal + " is of another hashtag or server: choose another file with -o");
    }
  }
  resumed_ = number > 1;
  const off_t size = ::lseek(file_.get(), 0, SEEK_END);
  if (size < 0) return Failure("cannot read", path_);
  if (static_cast<std::uint64_t>(size) < length_) {
    return Corrupt(path_ + " is shorter than " + journal + " says: restore it, or remove both");
  }
  if (::ftruncate(file_.get(), static_cast<off_t>(length_)) != 0) {
    return Failure("cannot cut", path_);
  }
  return {};
}

Status FetchFile::ReadStep(std::string line, std::size_t number) {
  JsonTree tree;
  const Status parsed = tree.Parse(line.data(), line.size());
  const JsonValue step = parsed ? tree.root() : JsonValue();
  const std::optional<std::int64_t> length = step["length"].integer();
  const std::optional<std::int64_t> posts = step["posts"].integer();
  if (!length || !posts || *length < 0 || *posts < 0 || !step["cursors"].is_object()) {
    return Corrupt(path_ + std::string(kJournalSuffix) + ":" + std::to_string(number) +
                   ": is no step of a fetch: remove both files to begin anew");
  }
  length_ = static_cast<std::uint64_t>(*length);
  posts_ = static_cast<std::uint64_t>(*posts);
  complete_ = complete_ || step["complete"].is_true();
  for (const JsonValue cursor : step["cursors"]) {
    if (cursor.is_string()) {
      cursors_.insert_or_assign(std::string(cursor.key()), std::string(cursor.text()));
    } else {
      cursors_.erase(std::string(cursor.key()));
    }
  }
  return {};
}

// The journal with one step that says what all of them said.
Status FetchFile::Compact(const FetchTask& task) {
  const std::string journal = path_ + std::string(kJournalSuffix);
  const std::string part = journal + ".part";
  UniqueFd fd(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666));
  if (fd.get() < 0) return Failure("cannot write", part);
  if (Status s = WriteAll(fd.get(), Header(task), part); !s) return s;
  if (resumed_) {
    const std::string step = Step(length_, posts_, complete_, cursors_);
    if (Status s = WriteAll(fd.get(), step, part); !s) return s;
  }
  if (::fdatasync(fd.get()) != 0) return Failure("cannot write", part);
  if (::rename(part.c_str(), journal.c_str()) != 0) return Failure("cannot write", journal);
  journal_ = std::move(fd);
  return {};
}

Status FetchFile::WriteAll(int fd, const std::string& text, const std::string& name) const {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failure("cannot write", name);
    done += static_cast<std::size_t>(n);
  }
  return {};
}

Status FetchFile::Append(const PostBatch& batch) {
  std::string lines;
  std::string rejects;
  std::uint64_t posts = 0;
  for (const PostBatch::Held& held : batch.held()) {
    const bool is_reject = held.kind == PostBatch::Held::Kind::kReject;
    (is_reject ? rejects : lines) += held.value + "\n";
    posts += held.kind == PostBatch::Held::Kind::kPost ? 1 : 0;
  }
  if (Status s = AppendRejects(rejects); !s) return s;
  if (::lseek(file_.get(), static_cast<off_t>(length_), SEEK_SET) < 0) {
    return Failure("cannot write", path_);
  }
  if (Status s = WriteAll(file_.get(), lines, path_); !s) return s;
  if (!lines.empty() && ::fdatasync(file_.get()) != 0) return Failure("cannot write", path_);
  length_ += lines.size();
  posts_ += posts;
  rejects_ += batch.rejects();
  return AppendStep(batch.cursors());
}

Status FetchFile::AppendStep(const PostBatch::Cursors& moved) {
  const std::string journal = path_ + std::string(kJournalSuffix);
  const std::string step = Step(length_, posts_, complete_, moved);
  if (Status s = WriteAll(journal_.get(), step, journal); !s) return s;
  if (::fdatasync(journal_.get()) != 0) return Failure("cannot write", journal);
  for (const auto& [key, value] : moved) {
    if (value) {
      cursors_.insert_or_assign(key, *value);
    } else {
      cursors_.erase(key);
    }
  }
  return {};
}

Status FetchFile::AppendRejects(const std::string& lines) {
  if (lines.empty()) return {};
  const std::string path = path_ + std::string(kRejectsSuffix);
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (fd.get() < 0) return Failure("cannot write", path);
  return WriteAll(fd.get(), lines, path);
}

Status FetchFile::Complete() {
  complete_ = true;
  return AppendStep({});
}

}  // namespace latecomer
