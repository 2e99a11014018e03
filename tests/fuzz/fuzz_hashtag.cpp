// Whatever text comes in: a folded hashtag folds to itself, and found ones stand where they say.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/hashtag.h"
#include "model/utf8.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto folded = latecomer::FoldHashtag(text)) {
    Require(latecomer::IsValidUtf8(*folded) && !latecomer::HasControl(*folded));
    Require(!folded->empty() && folded->find(' ') == folded->npos);
    // Only one sign is removed, so a second one would go on folding again.
    if (!folded->starts_with('#')) {
      const auto again = latecomer::FoldHashtag(*folded);
      Require(again && *again == *folded);
    }
  } else {
    Require(latecomer::IsValidUtf8(folded.error().message));
  }
  std::size_t last = 0;
  for (const latecomer::HashtagInText& found : latecomer::FindHashtags(text)) {
    Require(found.begin >= last && found.end <= size && found.begin < found.end);
    Require(text.substr(found.begin, found.end - found.begin).ends_with(found.name));
    Require(latecomer::IsValidUtf8(found.name) && !found.name.empty());
    last = found.end;
  }
  return 0;
}
