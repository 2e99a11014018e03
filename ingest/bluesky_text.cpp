#include "ingest/bluesky_text.h"

#include <algorithm>

#include "ingest/bluesky_uri.h"
#include "ingest/html_out.h"
#include "ingest/url.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr std::string_view kLink = "app.bsky.richtext.facet#link";
constexpr std::string_view kMention = "app.bsky.richtext.facet#mention";
constexpr std::string_view kTag = "app.bsky.richtext.facet#tag";

bool IsBoundary(std::string_view text, std::size_t at) {
  return at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
}

bool ReadFeature(JsonValue feature, BlueskyFacet& facet) {
  const std::string_view type = feature["$type"].text();
  if (type == kLink) {
    facet.kind = BlueskyFacet::Kind::kLink;
    facet.value = feature["uri"].text();
  } else if (type == kMention) {
    facet.kind = BlueskyFacet::Kind::kMention;
    facet.value = feature["did"].text();
    if (!IsDid(facet.value)) return false;
  } else if (type == kTag) {
    facet.kind = BlueskyFacet::Kind::kTag;
    facet.value = feature["tag"].text();
  }
  return !facet.value.empty();
}

std::string AddressOf(const BlueskyFacet& facet) {
  switch (facet.kind) {
    case BlueskyFacet::Kind::kMention:
      return BlueskyProfileUrl(facet.value);
    case BlueskyFacet::Kind::kTag:
      return "https://bsky.app/hashtag/" + PercentEncode(facet.value);
    case BlueskyFacet::Kind::kLink:
      break;
  }
  return std::string(facet.value);
}

}  // namespace

std::vector<BlueskyFacet> ReadBlueskyFacets(JsonValue facets, std::string_view text) {
  std::vector<BlueskyFacet> out;
  if (!facets.is_array()) return out;
  for (JsonValue item : facets) {
    const std::int64_t begin = item["index"]["byteStart"].integer().value_or(-1);
    const std::int64_t end = item["index"]["byteEnd"].integer().value_or(-1);
    const bool has_range = begin >= 0 && begin < end &&
                           static_cast<std::uint64_t>(end) <= text.size() &&
                           IsBoundary(text, static_cast<std::size_t>(begin)) &&
                           IsBoundary(text, static_cast<std::size_t>(end));
    for (JsonValue feature : item["features"]) {
      BlueskyFacet facet;
      if (!ReadFeature(feature, facet)) continue;
      if (out.size() >= kFacetsMax) return out;
      facet.has_range = has_range;
      if (has_range) {
        facet.begin = static_cast<std::size_t>(begin);
        facet.end = static_cast<std::size_t>(end);
      }
      out.push_back(facet);
    }
  }
  return out;
}

std::string BlueskyHtml(std::string_view text, std::vector<BlueskyFacet> facets,
                        const BlueskyCard& card) {
  const bool has_card =
      !card.url.empty() && std::none_of(facets.begin(), facets.end(), [&](const BlueskyFacet& f) {
        return f.kind == BlueskyFacet::Kind::kLink && f.has_range && f.value == card.url;
      });
  std::stable_sort(facets.begin(), facets.end(),
                   [](const BlueskyFacet& a, const BlueskyFacet& b) { return a.begin < b.begin; });
  HtmlOut out;
  std::size_t at = 0;
  for (const BlueskyFacet& facet : facets) {
    if (!facet.has_range || facet.begin < at) continue;
    out.Text(text.substr(at, facet.begin - at));
    out.Link(AddressOf(facet), text.substr(facet.begin, facet.end - facet.begin));
    at = facet.end;
  }
  out.Text(text.substr(at));
  if (has_card) {
    out.Text("\n\n");
    const bool has_title = !card.title.empty() && !HasControl(card.title);
    out.Link(card.url, has_title ? card.title : card.url);
  }
  return out.Take();
}

}  // namespace latecomer
