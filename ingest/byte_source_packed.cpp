// gzip by zlib, Zstandard by libzstd.
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cassert>

#include "ingest/byte_source.h"

namespace latecomer {
namespace {

constexpr std::size_t kInputBytes = 128U << 10U;
constexpr int kZstdWindowLogMax = 27;

// The packed bytes, a block at a time.
class PackedInput {
 public:
  PackedInput(std::unique_ptr<ByteSource> source, std::string name)
      : source_(std::move(source)), name_(std::move(name)), block_(kInputBytes) {}

  // Makes sure that there are bytes, unless the source has ended.
  Status Fill() {
    if (begin_ < end_ || ended_) return {};
    Result<std::size_t> got = source_->Read(block_.data(), block_.size());
    if (!got) return got.error();
    passed_ += end_;
    begin_ = 0;
    end_ = *got;
    ended_ = *got == 0;
    return {};
  }
  const char* data() const { return block_.data() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  void Use(std::size_t bytes) { begin_ += bytes; }
  bool ended() const { return ended_; }
  std::uint64_t position() const { return passed_ + begin_; }
  std::uint64_t BytesOnDisk() const { return source_->BytesOnDisk(); }
  Error Damaged(const std::string& what) const {
    return Invalid(name_ + " is damaged: " + what + " at byte " + std::to_string(position()) + ".");
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::string name_;
  std::vector<char> block_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t passed_ = 0;
  bool ended_ = false;
};

class GunzipSource final : public ByteSource {
 public:
  GunzipSource(std::unique_ptr<ByteSource> packed, std::string name)
      : input_(std::move(packed), std::move(name)) {}
  ~GunzipSource() override {
    if (open_) inflateEnd(&stream_);
  }
  GunzipSource(const GunzipSource&) = delete;
  GunzipSource& operator=(const GunzipSource&) = delete;

  Result<std::size_t> Read(char* out, std::size_t size) override {
    for (;;) {
      Status filled = input_.Fill();
      if (!filled) return filled.error();
      if (!in_member_) {
        Result<bool> more = StartMember();
        if (!more) return more.error();
        if (!*more) return std::size_t{0};
        continue;
      }
      if (input_.size() == 0) return input_.Damaged("the gzip data ends too early,");
      Result<std::size_t> got = Inflate(out, size);
      if (!got) return got.error();
      if (*got > 0) return *got;
    }
  }
  std::uint64_t BytesOnDisk() const override { return input_.BytesOnDisk(); }

 private:
  // False at the end of the file. Zeros after a member are padding (of tapes), not a member.
  Result<bool> StartMember() {
    while (members_ > 0 && input_.size() > 0 && *input_.data() == 0) input_.Use(1);
    if (input_.size() == 0) return !input_.ended();
    const int opened = open_ ? inflateReset(&stream_) : inflateInit2(&stream_, 15 + 16);
    if (opened != Z_OK) return Fatal("zlib cannot be started: out of memory.");
    open_ = true;
    in_member_ = true;
    ++members_;
    return true;
  }

  Result<std::size_t> Inflate(char* out, std::size_t size) {
    const std::size_t chunk = std::min<std::size_t>(size, 1U << 30U);
    // zlib's fields are not const; it does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input_.data()));
    stream_.avail_in = static_cast<uInt>(input_.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(chunk);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    input_.Use(input_.size() - stream_.avail_in);
    const std::size_t got = chunk - stream_.avail_out;
    if (result == Z_STREAM_END) {
      in_member_ = false;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      // What came before the damage is worth having; the error is met again on the next call.
      if (got > 0) return got;
      return input_.Damaged(std::string("the gzip data is wrong (") +
                            (stream_.msg != nullptr ? stream_.msg : "unknown") + ")");
    }
    return got;
  }

  PackedInput input_;
  z_stream stream_ = {};
  bool open_ = false;
  bool in_member_ = false;
  std::uint64_t members_ = 0;
};

class UnzstdSource final : public ByteSource {
 public:
  UnzstdSource(std::unique_ptr<ByteSource> packed, std::string name)
      : input_(std::move(packed), std::move(name)), context_(ZSTD_createDCtx()) {
    if (context_) {
      ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kZstdWindowLogMax);
    }
  }

  Result<std::size_t> Read(char* out, std::size_t size) override {
    if (!context_) return Fatal("Zstandard cannot be started: out of memory.");
    for (;;) {
      Status filled = input_.Fill();
      if (!filled) return filled.error();
      if (input_.size() == 0 && frame_done_) return std::size_t{0};
      ZSTD_inBuffer in = {input_.data(), input_.size(), 0};
      ZSTD_outBuffer to = {out, size, 0};
      const std::size_t result = ZSTD_decompressStream(context_.get(), &to, &in);
      const bool at_end = input_.size() == 0;
      input_.Use(in.pos);
      if (ZSTD_isError(result) != 0) {
        return input_.Damaged(std::string("the Zstandard data is wrong (") +
                              ZSTD_getErrorName(result) + ")");
      }
      frame_done_ = result == 0;
      if (to.pos > 0) return to.pos;
      if (at_end && !frame_done_) return input_.Damaged("the Zstandard data ends too early,");
    }
  }
  std::uint64_t BytesOnDisk() const override { return input_.BytesOnDisk(); }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  PackedInput input_;
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  bool frame_done_ = true;
};

}  // namespace

std::unique_ptr<ByteSource> MakeGunzipSource(std::unique_ptr<ByteSource> packed, std::string name) {
  return std::make_unique<GunzipSource>(std::move(packed), std::move(name));
}

std::unique_ptr<ByteSource> MakeUnzstdSource(std::unique_ptr<ByteSource> packed, std::string name) {
  return std::make_unique<UnzstdSource>(std::move(packed), std::move(name));
}

}  // namespace latecomer
