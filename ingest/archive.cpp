#include "ingest/archive.h"

#include <algorithm>

#include "ingest/archive_container.h"
#include "ingest/archive_detect.h"
#include "ingest/archive_format.h"
#include "ingest/archive_read.h"

namespace latecomer {
namespace {

std::string NameOf(const std::string& path, const ArchiveOptions& options) {
  return options.name.empty() ? path : options.name;
}

std::string KnownNames() {
  std::string names;
  for (const ArchiveFormat* format : ArchiveFormats()) {
    if (!names.empty()) names += ", ";
    names += format->name;
  }
  return names;
}

Result<const ArchiveFormat*> GivenFormat(const ArchiveOptions& options) {
  if (options.format.empty()) return static_cast<const ArchiveFormat*>(nullptr);
  const ArchiveFormat* format = FindFormat(options.format);
  if (format != nullptr) return format;
  return Invalid("There is no archive format \"" + options.format + "\"; known are " +
                 KnownNames() + ".");
}

// Unpacks what gzip or Zstandard packed, by its first bytes.
std::unique_ptr<PeekSource> Unpack(std::unique_ptr<ByteSource> file, const std::string& name) {
  auto source = std::make_unique<PeekSource>(std::move(file));
  const std::string_view start = source->Peek(4);
  if (start.starts_with("\x1F\x8B")) {
    return std::make_unique<PeekSource>(MakeGunzipSource(std::move(source), name));
  }
  // A frame, or a frame to skip that pzstd writes first.
  const bool skippable = start.size() == 4 &&
                         (static_cast<unsigned char>(start[0]) & 0xF0U) == 0x50 &&
                         start.substr(1) == "\x2A\x4D\x18";
  if (start.starts_with("\x28\xB5\x2F\xFD") || skippable) {
    return std::make_unique<PeekSource>(MakeUnzstdSource(std::move(source), name));
  }
  return source;
}

// Leaves out a byte order mark. kInvalid for UTF-16 and UTF-32.
Status CheckEncoding(PeekSource& source, const std::string& name) {
  const std::string_view start = source.Peek(3);
  if (start.starts_with("\xEF\xBB\xBF")) source.Skip(3);
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) {
    return Invalid(name + " is UTF-16 text; convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8).");
  }
  return {};
}

Error UnknownFormat(const std::string& name) {
  return Invalid(name + " is in no archive format that is known (" + KnownNames() +
                 "); say which with --format if it is one of them.");
}

// A file without anything in it is an archive of no posts, unless an error hides behind that.
Result<const ArchiveFormat*> NothingThere(PeekSource& source, bool empty) {
  char byte = 0;
  if (empty) {
    Result<std::size_t> got = source.Read(&byte, 1);
    if (!got) return got.error();
  }
  return &kCanonicalFormat;
}

Result<const ArchiveFormat*> Choose(PeekSource& source, const std::string& name,
                                    const ArchiveOptions& options) {
  Status encoding = CheckEncoding(source, name);
  if (!encoding) return encoding.error();
  const std::string_view head = source.Peek(kDetectBytes);
  if (head.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return NothingThere(source, head.empty());
  }
  Result<const ArchiveFormat*> given = GivenFormat(options);
  if (!given || *given != nullptr) return given;
  if (!options.columns.empty()) return &kCsvFormat;
  const ArchiveFormat* format = DetectFormat(head);
  if (format == nullptr) return UnknownFormat(name);
  return format;
}

// A file as it lies on disk, or bytes.
struct Origin {
  std::string path;
  std::string_view bytes;
  bool in_memory = false;
};

Result<std::unique_ptr<ByteSource>> Open(const Origin& origin, const std::string& name) {
  if (origin.in_memory) return MakeMemorySource(origin.bytes);
  return OpenFileSource(origin.path, name);
}

Result<ArchiveContainer> OpenContainer(const Origin& origin, const std::string& name) {
  if (origin.in_memory) return ArchiveContainer::OpenBytes(origin.bytes, name);
  return ArchiveContainer::OpenFile(origin.path, name);
}

// The members of a container that hold posts, one after another.
class MemberWalk {
 public:
  MemberWalk(ArchiveContainer container, std::string name, const ArchiveFormat* given)
      : container_(std::move(container)), name_(std::move(name)), given_(given) {}

  Status Survey(Result<ArchiveContainer> survey) {
    if (!survey) return survey.error();
    return SurveyContainer(*survey, plan_);
  }

  // Goes to the next one; null after the last.
  Result<const ArchiveFormat*> Next() {
    for (;;) {
      Result<bool> more = container_.Next();
      if (!more) return more.error();
      if (!*more) return static_cast<const ArchiveFormat*>(nullptr);
      if (!plan_.Wants(container_.member())) continue;
      member_name_ = name_ + "!" + container_.member();
      source_ = std::make_unique<PeekSource>(container_.OpenMember());
      const bool text = static_cast<bool>(CheckEncoding(*source_, member_name_));
      const std::string_view head = source_->Peek(kDetectBytes);
      if (head.empty()) {
        char byte = 0;
        Result<std::size_t> got = source_->Read(&byte, 1);
        if (!got) return got.error();
        continue;
      }
      const ArchiveFormat* format = text ? DetectFormat(head) : nullptr;
      if (text && given_ != nullptr) format = given_;
      if (format != nullptr) return format;
    }
  }
  PeekSource& source() { return *source_; }
  const std::string& member_name() const { return member_name_; }
  const Author& owner() const { return plan_.owner; }

 private:
  ArchiveContainer container_;
  std::string name_;
  const ArchiveFormat* given_;
  ContainerPlan plan_;
  std::string member_name_;
  std::unique_ptr<PeekSource> source_;
};

Result<MemberWalk> WalkMembers(const Origin& origin, const std::string& name,
                               const ArchiveOptions& options) {
  Result<const ArchiveFormat*> given = GivenFormat(options);
  if (!given) return given.error();
  Result<ArchiveContainer> container = OpenContainer(origin, name);
  if (!container) return container.error();
  MemberWalk walk(std::move(*container), name, *given);
  // Damage is met again where the member is read, after what stands before it.
  Status surveyed = walk.Survey(OpenContainer(origin, name));
  if (!surveyed && surveyed.error().code == ErrorCode::kFatal) return surveyed.error();
  return walk;
}

Error NothingInside(const std::string& name) {
  return Invalid(name + " holds no file in an archive format that is known (" + KnownNames() +
                 ").");
}

// All members must be of one format, since what belongs to a hashtag is decided by format.
Status ReadContainer(const Origin& origin, const std::string& name, const ArchiveOptions& options,
                     ArchiveSink& sink) {
  Result<MemberWalk> walk = WalkMembers(origin, name, options);
  if (!walk) return walk.error();
  const ArchiveFormat* first = nullptr;
  for (;;) {
    Result<const ArchiveFormat*> format = walk->Next();
    if (!format) return format.error();
    if (*format == nullptr) break;
    if (first == nullptr) first = *format;
    if (*format != first) {
      sink.OnReject({walk->member_name(),
                     "The file is in the format " + std::string((*format)->name) +
                         ", those before it are in the format " + std::string(first->name) + ".",
                     0, ""});
      continue;
    }
    ArchiveOutput out(sink, walk->member_name(), walk->source());
    ArchiveInput input{walk->source(), options, out, walk->owner()};
    Status read = first->read(input);
    if (!read || out.stopped()) return read;
  }
  if (first == nullptr) return NothingInside(name);
  return {};
}

Result<std::string> FormatOf(const Origin& origin, const ArchiveOptions& options) {
  const std::string name = NameOf(origin.path, options);
  Result<std::unique_ptr<ByteSource>> file = Open(origin, name);
  if (!file) return file.error();
  std::unique_ptr<PeekSource> source = Unpack(std::move(*file), name);
  if (!IsContainer(source->Peek(kContainerMagicBytes))) {
    Result<const ArchiveFormat*> format = Choose(*source, name, options);
    if (!format) return format.error();
    return std::string((*format)->name);
  }
  Result<MemberWalk> walk = WalkMembers(origin, name, options);
  if (!walk) return walk.error();
  Result<const ArchiveFormat*> format = walk->Next();
  if (!format) return format.error();
  if (*format == nullptr) return NothingInside(name);
  return std::string((*format)->name);
}

Status ReadOrigin(const Origin& origin, const ArchiveOptions& options, ArchiveSink& sink) {
  const std::string name = NameOf(origin.path, options);
  Result<std::unique_ptr<ByteSource>> file = Open(origin, name);
  if (!file) return file.error();
  std::unique_ptr<PeekSource> source = Unpack(std::move(*file), name);
  if (IsContainer(source->Peek(kContainerMagicBytes))) {
    return ReadContainer(origin, name, options, sink);
  }
  Result<const ArchiveFormat*> format = Choose(*source, name, options);
  if (!format) return format.error();
  ArchiveOutput out(sink, name, *source);
  ArchiveInput input{*source, options, out, {}};
  if (!origin.in_memory) input.owner = OwnerBeside(origin.path);
  return (*format)->read(input);
}

}  // namespace

std::optional<TimeMs> RetrievedNow(const ArchiveOptions& options) {
  if (options.now == 0) return std::nullopt;
  return options.now;
}

const std::vector<ArchiveFormatName>& ArchiveFormatNames() {
  static const std::vector<ArchiveFormatName> names = [] {
    std::vector<ArchiveFormatName> list;
    for (const ArchiveFormat* format : ArchiveFormats()) {
      list.push_back({format->name, format->description});
    }
    return list;
  }();
  return names;
}

Status ReadArchive(const std::string& path, const ArchiveOptions& options, ArchiveSink& sink) {
  return ReadOrigin({path, {}, false}, options, sink);
}

Status ReadArchiveBytes(std::string_view bytes, const ArchiveOptions& options, ArchiveSink& sink) {
  return ReadOrigin({"", bytes, true}, options, sink);
}

Result<std::string> ArchiveFormatOf(const std::string& path, const ArchiveOptions& options) {
  return FormatOf({path, {}, false}, options);
}

Result<bool> IsCanonicalArchive(const std::string& path, const ArchiveOptions& options) {
  Result<std::string> name = ArchiveFormatOf(path, options);
  if (!name) return name.error();
  return *name == kCanonicalFormat.name;
}

}  // namespace latecomer
