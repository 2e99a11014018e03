#include "store/postgres_entry_ops.h"

namespace latecomer {

EntryOp& EntryOps::Of(std::int32_t hashtag, std::string_view hashtag_name, std::string_view id) {
  const auto [it, is_new] = index_.try_emplace({hashtag, id}, ops_.size());
  if (is_new) {
    EntryOp& op = ops_.emplace_back();
    op.hashtag = hashtag;
    op.hashtag_name = hashtag_name;
    op.id = id;
  }
  return ops_[it->second];
}

void EntryOps::Entry(std::int32_t hashtag, std::string_view hashtag_name, std::int64_t seq,
                     const EntryRecord& record) {
  EntryOp& op = Of(hashtag, hashtag_name, record.id);
  if (record.is_link) {
    op.link = &record;
    op.link_seq = seq;
  } else {
    op.entry = &record;
    op.entry_seq = seq;
  }
}

void EntryOps::Removed(std::int32_t hashtag, std::string_view hashtag_name, std::int64_t seq,
                       std::string_view kind, std::string_view id) {
  EntryOp& op = Of(hashtag, hashtag_name, id);
  if (kind == "entry") {
    op.removed_seq = seq;
    op.link = nullptr;  // what came before goes with the row
    op.link_seq = -1;
  } else {
    op.unlinked_seq = seq;
  }
}

}  // namespace latecomer
