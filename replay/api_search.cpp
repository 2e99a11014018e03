#include "base/json_out.h"
#include "model/html.h"
#include "replay/api_params.h"
#include "replay/entry_view.h"
#include "replay/excerpt.h"

namespace latecomer {
namespace {

constexpr char kByNewest = 'n';
constexpr std::size_t kQueryBytesMax = 256;
constexpr std::size_t kSnippetPointsMax = 160;

// The hit as an Entry with its snippet and hashtag; nothing where the view does not have it (yet,
// or any more).
Result<std::optional<std::string>> RenderHit(const ApiCall& call, const SearchHit& hit,
                                             std::string_view query) {
  const Result<Views::View> view = call.context.views.Get(hit.hashtag);
  if (!view && view.error().code != ErrorCode::kNotFound) return view.error();
  const std::uint32_t entry = view ? (*view)->timeline().FindEntry(hit.id) : kNone;
  if (entry == kNone) return std::optional<std::string>();
  const Result<std::vector<EntryContent>> contents =
      ReadContents(call.context.store, **view, std::span(&entry, 1));
  if (!contents) return contents.error();
  const EntryContent& content = contents->front();
  if (content.gone) return std::optional<std::string>();
  std::string rendered;
  AppendEntry(rendered, **view, entry, content);
  std::string text;
  AppendJsonString(text, Snippet(TextFromHtml(content.post.content), query, kSnippetPointsMax));
  rendered = WithMember(std::move(rendered), "snippet", text);
  text.clear();
  AppendJsonString(text, hit.hashtag);
  return std::optional<std::string>(WithMember(std::move(rendered), "hashtag", text));
}

Result<ApiResponse> Search(const ApiCall& call, const std::string& hashtag) {
  const auto query = call.request.Query("q");
  if (!query) return Invalid("The parameter `q` is missing.");
  if (query->size() > kQueryBytesMax) return Invalid("The parameter `q` is too long.");
  const Result<std::size_t> limit = ReadLimit(call.request);
  if (!limit) return limit.error();
  const Result<std::optional<PageCursor>> cursor = ReadPageCursor(call.request, kByNewest);
  if (!cursor) return cursor.error();
  std::optional<Place> before;
  if (*cursor) before = Place{(*cursor)->key, (*cursor)->id};

  Result<std::vector<SearchHit>> hits =
      call.context.store.Search(hashtag, *query, before, *limit + 1);
  if (!hits) return hits.error();
  std::optional<PageCursor> next;
  if (hits->size() > *limit) {
    hits->resize(*limit);
    next = PageCursor{kByNewest, hits->back().published, 0, hits->back().id};
  }
  std::vector<std::string> rendered;
  for (const SearchHit& hit : *hits) {
    Result<std::optional<std::string>> one = RenderHit(call, hit, *query);
    if (!one) return one.error();
    if (*one) rendered.push_back(*std::move(*one));
  }
  std::string items;
  AppendArray(items, rendered);
  return PageResponse(call, "hits", items, next);
}

}  // namespace

Result<ApiResponse> SearchHashtag(const ApiCall& call) {
  return Search(call, call.view->timeline().hashtag());
}

Result<ApiResponse> SearchAll(const ApiCall& call) {
  Result<ApiResponse> response = Search(call, "");
  if (response) response->headers.emplace_back("Cache-Control", "no-cache");
  return response;
}

}  // namespace latecomer
