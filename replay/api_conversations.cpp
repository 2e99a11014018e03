#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/json_out.h"
#include "model/html.h"
#include "replay/api_params.h"
#include "replay/entry_view.h"
#include "replay/excerpt.h"

namespace latecomer {
namespace {

constexpr std::size_t kTextPointsMax = 140;
// A whole tree is one answer; a larger one says so.
constexpr std::size_t kNodesMax = 10'000;
constexpr std::size_t kContentsAtOnce = 256;

// What a list is sorted by, ascending; `order` is the page cursor's.
struct SortKey {
  std::int64_t key = 0;
  std::int64_t key2 = 0;
  std::string_view id;
  auto operator<=>(const SortKey&) const = default;
};

SortKey KeyOf(const TimelineConversation& c, char order) {
  switch (order) {
    case 's':  // the most entries first
      return {-static_cast<std::int64_t>(c.entries.size()), c.first, c.id};
    case 'r':  // the last to be spoken in first
      return {-c.last, c.first, c.id};
    default:
      return {c.first, 0, c.id};
  }
}

Result<char> ReadSort(const ApiRequest& request) {
  const std::string_view sort = request.Query("sort").value_or("first");
  if (sort == "first") return 'f';
  if (sort == "size") return 's';
  if (sort == "recent") return 'r';
  return Invalid("The parameter `sort` is none of `first`, `size` and `recent`.");
}

// Appends the Conversation object. `first` and `root` are the JSON and contents that it shows.
void AppendConversation(std::string& out, const HashtagView& view, std::uint32_t index,
                        const EntryContent& first, const EntryContent* root) {
  const TimelineConversation& c = view.timeline().conversations()[index];
  const ConversationFacts& facts = view.conversation(index);
  JsonObject object(out);
  object.String("id", c.id)
      .Bool("root_known", c.root_known)
      .Uint("entries", c.entries.size())
      .Uint("participants", c.participants)
      .Time("first", c.first)
      .Time("last", c.last)
      .Uint("late", facts.late)
      .Bool("open", facts.open);
  if (root != nullptr) {
    object.Key("root");
    AppendEntry(out, view, c.root_node, *root);
  } else {
    object.Null("root");
  }
  object.String("text", FirstWords(TextFromHtml(first.post.content), kTextPointsMax));
  object.Close();
}

Result<std::vector<std::string>> RenderConversations(const ApiCall& call,
                                                     std::span<const std::uint32_t> indices) {
  const Timeline& timeline = call.view->timeline();
  std::vector<std::uint32_t> wanted;  // two a conversation
  for (const std::uint32_t i : indices) {
    const TimelineConversation& c = timeline.conversations()[i];
    wanted.push_back(c.entries.front());
    wanted.push_back(c.root_known ? c.root_node : c.entries.front());
  }
  const Result<std::vector<EntryContent>> contents =
      ReadContents(call.context.store, *call.view, wanted);
  if (!contents) return contents.error();
  std::vector<std::string> rendered(indices.size());
  for (std::size_t k = 0; k < indices.size(); ++k) {
    const bool root_known = timeline.conversations()[indices[k]].root_known;
    AppendConversation(rendered[k], *call.view, indices[k], (*contents)[2 * k],
                       root_known ? &(*contents)[2 * k + 1] : nullptr);
  }
  return rendered;
}

// The nodes of a conversation in depth-first order, siblings in timeline order; a placeholder
// stands where its first entry would.
std::vector<std::uint32_t> DepthFirst(const Timeline& timeline, std::uint32_t conversation) {
  const TimelineConversation& c = timeline.conversations()[conversation];
  const auto& entries = timeline.entries();
  const auto parent_of = [&](std::uint32_t node) {
    return node < entries.size() ? entries[node].parent_node
                                 : timeline.placeholders()[node - entries.size()].parent_node;
  };
  // A node's rank among its siblings: an entry's own place, a placeholder's first entry's. Entries
  // are met in timeline order, so the first to reach a placeholder is its first one.
  std::unordered_map<std::uint32_t, std::uint32_t> rank;
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> children;
  for (const std::uint32_t entry : c.entries) {
    for (std::uint32_t node = entry;
         node != kNone && rank.emplace(node, node < entries.size() ? node : entry).second;
         node = parent_of(node)) {
      children[parent_of(node)].push_back(node);
    }
  }
  for (auto& [parent, siblings] : children) {
    std::sort(siblings.begin(), siblings.end(), [&rank](std::uint32_t a, std::uint32_t b) {
      return std::pair(rank[a], a) < std::pair(rank[b], b);
    });
  }
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> stack = {c.root_node};
  while (!stack.empty() && order.size() < kNodesMax) {
    const std::uint32_t node = stack.back();
    stack.pop_back();
    order.push_back(node);
    const auto below = children.find(node);
    if (below == children.end()) continue;
    stack.insert(stack.end(), below->second.rbegin(), below->second.rend());
  }
  return order;
}

void AppendPlaceholder(std::string& out, const Timeline& timeline, std::uint32_t node) {
  const TimelinePlaceholder& placeholder =
      timeline.placeholders()[node - timeline.entries().size()];
  JsonObject object(out);
  object.Bool("placeholder", true).String("id", placeholder.id).Uint("depth", placeholder.depth);
  if (placeholder.parent_node == kNone) {
    object.Null("parent");
  } else {
    object.String("parent", timeline.NodeId(placeholder.parent_node));
  }
  object.Close();
}

Result<std::string> RenderNodes(const ApiCall& call, std::span<const std::uint32_t> nodes) {
  const Timeline& timeline = call.view->timeline();
  std::string out = "[";
  for (std::size_t begin = 0; begin < nodes.size(); begin += kContentsAtOnce) {
    const auto some = nodes.subspan(begin, std::min(kContentsAtOnce, nodes.size() - begin));
    std::vector<std::uint32_t> entries;
    std::copy_if(some.begin(), some.end(), std::back_inserter(entries),
                 [&](std::uint32_t node) { return node < timeline.entries().size(); });
    const Result<std::vector<std::string>> rendered =
        RenderEntries(call.context.store, *call.view, entries);
    if (!rendered) return rendered.error();
    std::size_t next = 0;
    for (const std::uint32_t node : some) {
      if (out.size() > 1) out += ',';
      if (node < timeline.entries().size()) {
        out += (*rendered)[next++];
      } else {
        AppendPlaceholder(out, timeline, node);
      }
    }
  }
  out += ']';
  return out;
}

}  // namespace

Result<ApiResponse> ListConversations(const ApiCall& call) {
  const Result<std::uint32_t> session = ReadSession(call);
  if (!session) return session.error();
  const Result<bool> open = ReadFlag(call.request, "open");
  if (!open) return open.error();
  const Result<char> order = ReadSort(call.request);
  if (!order) return order.error();
  const Result<std::size_t> limit = ReadLimit(call.request);
  if (!limit) return limit.error();
  const Result<std::optional<PageCursor>> cursor = ReadPageCursor(call.request, *order);
  if (!cursor) return cursor.error();

  const auto& all = call.view->timeline().conversations();
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (all[i].entries.empty()) continue;
    if (*session != kNone && call.view->conversation(i).session != *session) continue;
    if (*open && !call.view->conversation(i).open) continue;
    if (*cursor &&
        KeyOf(all[i], *order) <= SortKey{(*cursor)->key, (*cursor)->key2, (*cursor)->id}) {
      continue;
    }
    found.push_back(i);
  }
  const std::size_t shown = std::min(*limit, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(shown), found.end(),
                    [&](std::uint32_t a, std::uint32_t b) {
                      return KeyOf(all[a], *order) < KeyOf(all[b], *order);
                    });
  std::optional<PageCursor> next;
  if (found.size() > shown) {
    const SortKey last = KeyOf(all[found[shown - 1]], *order);
    next = PageCursor{*order, last.key, last.key2, std::string(last.id)};
    found.resize(shown);
  }
  const Result<std::vector<std::string>> rendered = RenderConversations(call, found);
  if (!rendered) return rendered.error();
  std::string items;
  AppendArray(items, *rendered);
  return PageResponse(call, "conversations", items, next);
}

Result<ApiResponse> ShowConversation(const ApiCall& call) {
  const auto id = call.request.Query("id");
  if (!id) return Invalid("The parameter `id` is missing.");
  const Timeline& timeline = call.view->timeline();
  const std::uint32_t conversation = timeline.FindConversation(*id);
  if (conversation == kNone) return NotFound("There is no conversation with this id.");
  Result<std::vector<std::string>> head = RenderConversations(call, std::span(&conversation, 1));
  if (!head) return head.error();
  const std::vector<std::uint32_t> nodes = DepthFirst(timeline, conversation);
  const Result<std::string> rendered = RenderNodes(call, nodes);
  if (!rendered) return rendered.error();
  ApiResponse response;
  response.body = WithMember(std::move(head->front()), "nodes", *rendered);
  if (nodes.size() == kNodesMax) {
    response.body = WithMember(std::move(response.body), "truncated", "true");
  }
  return response;
}

}  // namespace latecomer
