#include "app/stored_contents.h"

#include <algorithm>

namespace latecomer {
namespace {

constexpr std::size_t kStretch = 1'000;

}  // namespace

const std::string& StoredContents::Of(const TimelineEntry& entry) {
  const auto index = static_cast<std::size_t>(&entry - timeline_.entries().data());
  if (index < begin_ || index >= begin_ + contents_.size()) Fetch(index);
  return status_ ? contents_[index - begin_] : none_;
}

void StoredContents::Fetch(std::size_t index) {
  const std::size_t end = std::min(index + kStretch, timeline_.entries().size());
  std::vector<std::string> ids;
  for (std::size_t i = index; i < end; ++i) ids.push_back(timeline_.entries()[i].record.id);
  auto contents = store_.Contents(timeline_.hashtag(), ids);
  contents_.clear();
  begin_ = index;
  if (!contents) {
    if (status_) status_ = contents.error();
    return;
  }
  contents_ = std::move(*contents);
}

}  // namespace latecomer
