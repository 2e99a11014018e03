// Random logs: the input of the tests that compare a store with the model.
#include <map>
#include <random>
#include <set>

#include "base/sha256.h"
#include "store_contract.h"

namespace latecomer::test {

constexpr char kForgottenAuthor[] = "https://a.example/2";

// A log of everything that may occur, with ids drawn from few so that they meet.
Log RandomLog(unsigned seed, int records) {
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  Log log;
  int next_tree = 200;
  std::vector<int> trees;
  for (int i = 0; i < 100; ++i) trees.push_back(i);
  std::map<std::string, bool> deleted;
  std::map<std::string, std::set<std::string>> ids_of;  // of an author, in any version
  std::set<std::string> forgotten;                      // nothing is written of them any more
  while (static_cast<int>(log.records().size()) < records) {
    const std::string hashtag = below(3) == 0 ? "other" : "hrevolution";
    const int id = below(100);
    EntryRecord entry =
        below(12) == 0 ? DeletedEntry(id) : Entry(id, "<p>Text number " + std::to_string(random()));
    entry.published -= below(3) * kDayMs;
    entry.tree = trees[static_cast<std::size_t>(id)];
    if (below(2) == 0) entry.parents = {PostId(below(100)), PostId(100 + below(100))};
    if (below(4) == 0) entry.contexts = {PostId(below(100))};
    entry.root = below(5) == 0;
    if (below(4) == 0) entry.via = Via::kThread;
    if (below(40) == 0) entry.authors = {"https://a.example/1", "https://a.example/2"};
    if (below(30) == 0) entry.author = "https://a.example/" + std::to_string(below(3));
    entry.digest = (std::uint64_t{random()} << 32U) | random();  // with the highest bit set too
    if (forgotten.contains(entry.id) || forgotten.contains(entry.author)) continue;
    if (!forgotten.empty()) {
      std::erase_if(entry.authors, [&](const std::string& one) { return forgotten.contains(one); });
    }
    ids_of[entry.author].insert(entry.id);
    for (const std::string& author : entry.authors) ids_of[author].insert(entry.id);
    switch (below(20)) {
      case 0:
        log.Add(hashtag, RemovedRecord{"entry", PostId(id)});
        log.Add(hashtag, RemovedRecord{"link", PostId(id)});
        break;
      case 1:
        // Its link has become needless: a new entry carries all.
        log.Add(hashtag, entry);
        deleted[hashtag + entry.id] = entry.deleted;
        log.Add(hashtag, RemovedRecord{"link", PostId(id)});
        break;
      case 2:
      case 3: {
        RepostRecord repost = Repost(below(30), id);
        repost.deleted = below(4) == 0;
        if (below(4) == 0) repost.published.reset();
        log.Add(hashtag, repost);
        break;
      }
      case 4:
        log.Add(hashtag, RemovedRecord{"repost", PostId(below(30)) + "/activity"});
        break;
      case 5: {
        const int into = next_tree++;
        log.Add(hashtag, TreeRecord{trees[static_cast<std::size_t>(id)], "", into});
        if (hashtag == "hrevolution") trees[static_cast<std::size_t>(id)] = into;
        break;
      }
      case 6: {
        SessionRecord session{kMoment + below(5) * kDayMs,
                              kMoment,
                              std::nullopt,
                              kMoment + kDayMs,
                              below(2) == 0,
                              ""};
        if (session.is_event) session.event = "Day “" + std::to_string(below(5)) + "”";
        log.Add(hashtag, session);
        break;
      }
      case 7:
        log.Add(hashtag, RemovedRecord{"session", FormatTime(kMoment + below(5) * kDayMs)});
        break;
      case 8:
        log.Add(hashtag,
                CoverageRecord{"source" + std::to_string(below(3)),
                               {{kMoment, kMoment + below(9) * kMinuteMs, below(2) == 0, "gap"}}});
        break;
      case 9:
        if (below(4) == 0 && forgotten.size() < 60) {
          forgotten.insert(entry.id);
          log.Add("", ForgottenRecord{Sha256Hex(entry.id), kMoment, true, false});
        } else if (below(8) == 0 && !forgotten.contains(kForgottenAuthor)) {
          const std::string author = kForgottenAuthor;
          forgotten.insert(author);
          forgotten.insert(ids_of[author].begin(), ids_of[author].end());
          log.Add("", ForgottenRecord{Sha256Hex(author), kMoment, false, true});
        }
        break;
      case 10:
      case 11:
      case 12:
      case 13:
        // A link deletes, but what is deleted comes back by an entry only.
        if (deleted[hashtag + entry.id]) entry.deleted = true;
        log.Add(hashtag, LinkOf(entry));
        deleted[hashtag + entry.id] = entry.deleted;
        break;
      default:
        log.Add(hashtag, entry);
        deleted[hashtag + entry.id] = entry.deleted;
    }
    if (below(10) == 0) log.Skip(below(5));
  }
  return log;
}

}  // namespace latecomer::test
