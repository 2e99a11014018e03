#include "ingest/archive_container.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>

#include "ingest/unique_fd.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr std::size_t kReadBytes = 128U << 10U;
constexpr std::size_t kMemberNameBytesMax = 300;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

}  // namespace

bool IsContainer(std::string_view head) {
  if (head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06")) return true;
  return head.size() >= 262 && head.substr(257, 5) == "ustar";
}

struct ArchiveContainer::Impl {
  UniqueFd fd;
  std::unique_ptr<archive, FreeArchive> reader;
  std::string name;
  std::string member;
  std::uint64_t members = 0;

  Error Damaged() const {
    const char* why = archive_error_string(reader.get());
    return Invalid(name + (member.empty() ? "" : "!" + member) + " is damaged at byte " +
                   std::to_string(archive_filter_bytes(reader.get(), -1)) + ": " +
                   Sample(why != nullptr ? why : "unknown error", 200) + ".");
  }
};

namespace {

class MemberSource final : public ByteSource {
 public:
  using DamagedFunction = Error (*)(const void* owner);
  MemberSource(archive* reader, const void* owner, DamagedFunction damaged)
      : reader_(reader), owner_(owner), damaged_(damaged) {}

  Result<std::size_t> Read(char* out, std::size_t size) override {
    for (int retries = 0; retries < 10; ++retries) {
      const la_ssize_t got = archive_read_data(reader_, out, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (got != ARCHIVE_RETRY) break;
    }
    return damaged_(owner_);
  }
  std::uint64_t BytesOnDisk() const override {
    return static_cast<std::uint64_t>(std::max<la_int64_t>(0, archive_filter_bytes(reader_, -1)));
  }

 private:
  archive* reader_;
  const void* owner_;
  DamagedFunction damaged_;
};

std::unique_ptr<archive, FreeArchive> NewReader() {
  std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
  if (!reader) return reader;
  archive_read_support_format_zip(reader.get());
  archive_read_support_format_tar(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_zstd(reader.get());
  return reader;
}

std::string MemberName(archive_entry* entry, std::uint64_t number) {
  const char* name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) name = archive_entry_pathname(entry);
  if (name == nullptr) return "member " + std::to_string(number);
  return Sample(name, kMemberNameBytesMax);
}

}  // namespace

ArchiveContainer::ArchiveContainer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ArchiveContainer::ArchiveContainer(ArchiveContainer&&) noexcept = default;
ArchiveContainer::~ArchiveContainer() = default;

Result<ArchiveContainer> ArchiveContainer::OpenFile(const std::string& path,
                                                    const std::string& name) {
  Result<UniqueFd> fd = OpenForReading(path, name);
  if (!fd) return fd.error();
  auto impl = std::make_unique<Impl>();
  impl->fd = std::move(*fd);
  impl->name = name;
  impl->reader = NewReader();
  if (!impl->reader) return Fatal("libarchive cannot be started: out of memory.");
  if (archive_read_open_fd(impl->reader.get(), impl->fd.get(), kReadBytes) != ARCHIVE_OK) {
    return impl->Damaged();
  }
  return ArchiveContainer(std::move(impl));
}

Result<ArchiveContainer> ArchiveContainer::OpenBytes(std::string_view bytes,
                                                     const std::string& name) {
  auto impl = std::make_unique<Impl>();
  impl->name = name;
  impl->reader = NewReader();
  if (!impl->reader) return Fatal("libarchive cannot be started: out of memory.");
  if (archive_read_open_memory(impl->reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
    return impl->Damaged();
  }
  return ArchiveContainer(std::move(impl));
}

Result<bool> ArchiveContainer::Next() {
  for (;;) {
    archive_entry* entry = nullptr;
    impl_->member.clear();
    const int result = archive_read_next_header(impl_->reader.get(), &entry);
    if (result == ARCHIVE_EOF) return false;
    if (result == ARCHIVE_RETRY) continue;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return impl_->Damaged();
    impl_->member = MemberName(entry, ++impl_->members);
    if (archive_entry_filetype(entry) == AE_IFREG) return true;
  }
}

const std::string& ArchiveContainer::member() const { return impl_->member; }

std::unique_ptr<ByteSource> ArchiveContainer::OpenMember() {
  return std::make_unique<MemberSource>(impl_->reader.get(), impl_.get(), [](const void* owner) {
    return static_cast<const Impl*>(owner)->Damaged();
  });
}

}  // namespace latecomer
