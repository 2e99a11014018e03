#include "sample_event.h"

#include <xxhash.h>

#include <type_traits>
#include <utility>
#include <variant>

#include "model/post_json.h"

namespace latecomer {
namespace {

std::string Url(const std::string& id) { return "https://s.example/" + id; }

}  // namespace

EntryRecord MakeEntry(const std::string& id, TimeMs published, const std::string& author,
                      const std::string& html, const std::string& parent) {
  EntryRecord entry;
  entry.id = Url(id);
  entry.n = (published << 21) +
            static_cast<std::int64_t>(XXH3_64bits(id.data(), id.size()) & ((1U << 21U) - 1));
  entry.published = published;
  if (!parent.empty()) entry.parents = {Url(parent)};
  entry.author = Url("users/" + author);
  entry.stamp = published;
  Post post;
  post.url = Url("@" + author + "/" + id);
  post.attributed_to = {entry.author, author + "@s.example", author, Url("@" + author), ""};
  post.content = html;
  AppendContent(entry.content, post);
  entry.digest = ContentDigest(entry.content);
  return entry;
}

SessionRecord MakeSession(TimeMs id, TimeMs first, TimeMs last, TimeMs ends,
                          const std::string& event) {
  SessionRecord session;
  session.id = id;
  session.first = first;
  session.last = last;
  session.ends = ends;
  session.is_event = !event.empty();
  session.event = event;
  return session;
}

std::vector<TimelineRecord> SampleRecords() {
  std::vector<TimelineRecord> records;
  const auto put = [&records](auto body) {
    records.push_back({"tea", {0, static_cast<std::int64_t>(records.size())}, std::move(body)});
  };
  constexpr TimeMs kMinute = 60'000;
  constexpr TimeMs kHour = 60 * kMinute;
  constexpr TimeMs kDay = 24 * kHour;
  put(MakeSession(kTen, kTen, kTen + 6 * kMinute, kTen + kHour, "Tea hour"));
  put(MakeSession(kTen + kDay, kTen + kDay, kTen + kDay, kTen + kDay + 6 * kHour));
  put(MakeEntry("a", kTen, "ana", "<p>Who is here?</p>"));
  put(MakeEntry("b", kTen + 10'000, "ben", "<p>I am</p>", "a"));
  put(MakeEntry("c", kTen + kMinute, "cy", "<p>Which tea? https://t.example/x?y=1</p>"));
  EntryRecord gone = MakeEntry("d", kTen + 5 * kMinute, "ben", "<p>gone</p>", "c");
  gone.deleted = true;
  gone.author.clear();
  gone.content.clear();
  put(gone);
  put(MakeEntry("e", kTen + 6 * kMinute, "cy", "<p>On milk</p>", "x"));
  EntryRecord late = MakeEntry("f", kTen + 2 * kHour, "eve", "<p>So am I</p>", "b");
  late.via = Via::kThread;
  put(late);
  put(MakeEntry("g", kTen + kDay, "ana", "<p>Good morning</p>"));
  RepostRecord repost;
  repost.id = Url("r");
  repost.objects = {Url("a")};
  repost.published = kTen + 2 * kMinute;
  repost.by = Url("users/eve");
  put(repost);
  put(CoverageRecord{"social",
                     {{kTen - kHour, kTen + kDay, true, ""},
                      {kTen + kDay, kTen + 2 * kDay, false, "rate limited"}}});
  return records;
}

void FillSample(MemoryStore& store) {
  for (TimelineRecord& record : SampleRecords()) {
    std::visit(
        [&](auto& body) {
          using Body = std::decay_t<decltype(body)>;
          if constexpr (std::is_same_v<Body, EntryRecord> || std::is_same_v<Body, SessionRecord> ||
                        std::is_same_v<Body, RepostRecord> ||
                        std::is_same_v<Body, CoverageRecord>) {
            store.Put(record.hashtag, std::move(body));
          }
        },
        record.body);
  }
}

}  // namespace latecomer
