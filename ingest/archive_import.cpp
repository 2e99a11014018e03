#include "ingest/archive_import.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "ingest/archive_format.h"
#include "ingest/byte_source.h"

namespace latecomer {
namespace {

constexpr std::size_t kCopyBytes = 256U << 10U;

struct FreeHash {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

std::string Hex(const XXH128_canonical_t& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned char byte : digest.digest) {
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

Error Stopped(const std::string& name) {
  return RetryLater("reading " + name + " was stopped; nothing has been written");
}

// The digest and the size of a file.
Status DigestFile(const std::string& path, const std::string& name, ArchiveFacts& facts,
                  const std::function<bool(std::uint64_t)>& progress) {
  Result<std::unique_ptr<ByteSource>> source = OpenFileSource(path, name);
  if (!source) return source.error();
  const std::unique_ptr<XXH3_state_t, FreeHash> state(XXH3_createState());
  if (!state) return Fatal("The digest cannot be computed: out of memory.");
  XXH3_128bits_reset(state.get());
  std::vector<char> block(kCopyBytes);
  for (;;) {
    Result<std::size_t> got = (*source)->Read(block.data(), block.size());
    if (!got) return got.error();
    if (*got == 0) break;
    XXH3_128bits_update(state.get(), block.data(), *got);
    if (progress && !progress(0)) return Stopped(name);
  }
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state.get()));
  facts.digest = Hex(canonical);
  facts.bytes = (*source)->BytesOnDisk();
  return {};
}

// Pass 1.
class Counter final : public ArchiveSink {
 public:
  Counter(ArchiveFacts& facts, Membership& membership,
          const std::function<bool(std::uint64_t)>& progress)
      : facts_(facts), membership_(membership), progress_(progress) {}

  bool OnPost(ArchivePost& post) override {
    ++facts_.posts;
    if (!facts_.canonical) status = membership_.Add(post);
    return status && !stopped;
  }
  void OnReject(Reject) override { ++facts_.rejects; }
  void OnProgress(std::uint64_t bytes) override {
    if (progress_ && !progress_(bytes)) stopped = true;
  }

  Status status;
  bool stopped = false;

 private:
  ArchiveFacts& facts_;
  Membership& membership_;
  const std::function<bool(std::uint64_t)>& progress_;
};

// Pass 2.
class Selector final : public ArchiveSink {
 public:
  Selector(const Membership* membership, ArchivePosition first, ArchiveVisitor& visitor)
      : membership_(membership), first_(first), visitor_(visitor) {}

  bool OnPost(ArchivePost& post) override {
    const ArchivePosition position = next_++;
    if (position < first_) return true;
    if (membership_ == nullptr) return visitor_.OnSelected(post.value, position);
    const Membership::Verdict verdict = membership_->Of(post);
    if (verdict == Membership::Verdict::kSkipped) {
      visitor_.OnSkipped(position);
      return true;
    }
    auto* value = std::get_if<Post>(&post.value);
    if (value != nullptr && verdict == Membership::Verdict::kTag) value->via = Via::kTag;
    if (value != nullptr && verdict == Membership::Verdict::kThread) value->via = Via::kThread;
    return visitor_.OnSelected(post.value, position);
  }
  void OnReject(Reject reject) override {
    const ArchivePosition position = next_++;
    if (position >= first_) visitor_.OnReject(std::move(reject), position);
  }
  void OnProgress(std::uint64_t bytes) override { visitor_.OnProgress(bytes); }

 private:
  const Membership* membership_;  // null: a canonical file
  ArchivePosition first_;
  ArchiveVisitor& visitor_;
  ArchivePosition next_ = 0;
};

const std::string& NameOf(const std::string& path, const ArchiveOptions& options) {
  return options.name.empty() ? path : options.name;
}

Status WriteAll(int to, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t wrote = ::write(to, data, size);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      return Fatal(std::string("Standard input cannot be spooled: ") + std::strerror(errno) + ".");
    }
    data += wrote;
    size -= static_cast<std::size_t>(wrote);
  }
  return {};
}

// A file without a name; where the file system knows no O_TMPFILE, one whose name is gone at once.
int OpenNameless(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
  std::string path = directory + "/.latecomer-stdin-XXXXXX";
  const int named = ::mkostemp(path.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(path.c_str());
  return named;
}

}  // namespace

ArchiveSelection::ArchiveSelection(std::set<std::string, std::less<>> hashtags, bool all)
    : membership_(std::move(hashtags), all) {}

Result<ArchiveSelection::Stamp> ArchiveSelection::StampOf(const std::string& path,
                                                          const std::string& name) {
  struct stat facts = {};
  if (::stat(path.c_str(), &facts) != 0) {
    return Fatal(name + " cannot be opened: " + std::strerror(errno) + ".");
  }
  return Stamp{static_cast<std::uint64_t>(facts.st_size), facts.st_ino,
               facts.st_mtim.tv_sec * 1'000'000'000LL + facts.st_mtim.tv_nsec};
}

Result<std::string> DigestArchive(const std::string& path, const std::string& name,
                                  const std::function<bool(std::uint64_t bytes)>& progress) {
  ArchiveFacts facts;
  if (Status digested = DigestFile(path, name, facts, progress); !digested) return digested.error();
  return facts.digest;
}

Status ArchiveSelection::AddFile(const std::string& path, const ArchiveOptions& options,
                                 const std::function<bool(std::uint64_t bytes)>& progress,
                                 const std::string& digest) {
  ArchiveFacts facts;
  facts.path = path;
  facts.options = options;
  facts.options.name = NameOf(path, options);
  Result<Stamp> stamp = StampOf(path, facts.options.name);
  if (!stamp) return stamp.error();
  Result<std::string> format = ArchiveFormatOf(path, facts.options);
  if (!format) return format.error();
  facts.format = *format;
  facts.canonical = facts.format == kCanonicalFormat.name;
  facts.digest = digest;
  facts.bytes = stamp->size;
  if (digest.empty()) {
    Status digested = DigestFile(path, facts.options.name, facts, progress);
    if (!digested) return digested;
  }
  Counter counter(facts, membership_, progress);
  Status read = ReadArchive(path, facts.options, counter);
  if (!counter.status) return counter.status;
  if (counter.stopped) return Stopped(facts.options.name);
  if (!read && read.error().code != ErrorCode::kInvalid) return read;
  if (!read) facts.damage = read.error().message;
  files_.push_back(std::move(facts));
  stamps_.push_back(*stamp);
  return read;
}

void ArchiveSelection::Finish() { membership_.Finish(); }

Status ArchiveSelection::ForEachSelected(std::size_t file, ArchivePosition first,
                                         ArchiveVisitor& visitor) const {
  const ArchiveFacts& facts = files_[file];
  Result<Stamp> stamp = StampOf(facts.path, facts.options.name);
  if (!stamp) return stamp.error();
  if (!(*stamp == stamps_[file])) {
    return Invalid(facts.options.name + " has changed while it was being read; start again.");
  }
  Selector selector(facts.canonical ? nullptr : &membership_, first, visitor);
  return ReadArchive(facts.path, facts.options, selector);
}

Result<SpooledFile> SpooledFile::Spool(int from, const std::string& directory) {
  UniqueFd to(OpenNameless(directory));
  if (to.get() < 0) {
    return Fatal("Standard input cannot be spooled to " + directory + ": " + std::strerror(errno) +
                 ".");
  }
  std::vector<char> block(kCopyBytes);
  for (;;) {
    const ssize_t got = ::read(from, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Fatal(std::string("Standard input cannot be read: ") + std::strerror(errno) + ".");
    }
    if (got == 0) return SpooledFile(std::move(to));
    Status written = WriteAll(to.get(), block.data(), static_cast<std::size_t>(got));
    if (!written) return written.error();
  }
}

}  // namespace latecomer
