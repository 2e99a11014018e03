#include "store/spelling.h"

#include "model/hashtag.h"

namespace latecomer {
namespace {

constexpr std::size_t kSpellingBytesMax = 400;

}  // namespace

bool Spellings::IsSpellingOf(std::string_view hashtag, const std::string& name) {
  if (name.size() > kSpellingBytesMax) return false;
  std::string key(hashtag);
  key += ' ';
  key += name;
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  if (known_.size() >= kKnownMax) known_.clear();
  const Result<std::string> folded = FoldHashtag(name);
  const bool is = folded && *folded == hashtag;
  known_.emplace(std::move(key), is);
  return is;
}

std::string Spellings::Of(std::string_view hashtag, const Post& post) {
  for (const Tag& tag : post.tag) {
    if (tag.type != "Hashtag" || !IsSpellingOf(hashtag, tag.name)) continue;
    for (const std::string_view sign : {"#", "＃"}) {
      if (tag.name.starts_with(sign)) return tag.name.substr(sign.size());
    }
    return tag.name;
  }
  return {};
}

}  // namespace latecomer
