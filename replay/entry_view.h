// The JSON of entries: place from the view, content from the store.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/post.h"
#include "replay/hashtag_view.h"
#include "store/timeline_store.h"

namespace latecomer {

// What is known of an entry's content. `gone`: deleted, or erased since the view was made.
struct EntryContent {
  Post post;  // its content fields, the content sanitised
  bool gone = false;
};

// The contents of entries, in their order. Blocks: reads the store.
Result<std::vector<EntryContent>> ReadContents(TimelineReadStore& store, const HashtagView& view,
                                               std::span<const std::uint32_t> entries);

// Appends the Entry object. URLs that are no http or https are left out: they come from outside.
void AppendEntry(std::string& out, const HashtagView& view, std::uint32_t entry,
                 const EntryContent& content);

// The Entry objects of `entries`, in their order. Blocks.
Result<std::vector<std::string>> RenderEntries(TimelineReadStore& store, const HashtagView& view,
                                               std::span<const std::uint32_t> entries);

// `object` (a JSON object that is not empty) with one more member.
std::string WithMember(std::string object, std::string_view name, std::string_view json);

// Appends "[a,b]".
void AppendArray(std::string& out, std::span<const std::string> values);

}  // namespace latecomer
