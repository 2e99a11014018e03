// Feeds as files: feed_reader.h.
#include "ingest/feed_reader.h"

#include "ingest/archive_format.h"

namespace latecomer {
namespace {

bool Fits(const ArchiveHead& head) { return LooksLikeFeed(head.bytes); }

class ArchiveEvents final : public FeedEvents {
 public:
  explicit ArchiveEvents(ArchiveOutput& out) : out_(out) {}

  void StartItem(std::uint64_t number, std::string_view sample) override {
    out_.StartItem(number, sample);
  }
  void Give(ArchivePost& post, const FeedReplies&) override { out_.Emit(post); }
  void Reject(std::string_view field, std::string reason) override {
    out_.Reject(field, std::move(reason));
  }
  bool stopped() const override { return out_.stopped(); }

 private:
  ArchiveOutput& out_;
};

Status Read(ArchiveInput& input) {
  ArchiveEvents events(input.out);
  FeedHead head;
  return ReadFeed(input.source, {input.out.name(), "", RetrievedNow(input.options)}, events, head);
}

}  // namespace

const ArchiveFormat kFeedFormat = {"feed", "Atom or RSS", &Fits, &Read};

}  // namespace latecomer
