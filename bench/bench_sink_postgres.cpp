// The sink's writes to PostgreSQL, beside a COPY into temporary tables and one upsert each, written
// by hand for the same rows: the same columns, the same indexes, the same batches, and the position
// in the same transaction. Without and with the search index (whose arrays the hand-written one has
// ready made).
//
// Needs a server: $LATECOMER_TEST_POSTGRES, or else tools/beds/run_with.py starts one around it.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/peers/copy_and_upsert.h"
#include "model/post_json.h"
#include "store/postgres_search.h"
#include "store/postgres_store.h"
#include "store/search_text.h"

namespace latecomer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 5000;
constexpr TimeMs kMoment = 1'372'184'085'000;
constexpr char kTopicId[] = "topic";

std::string Text(std::mt19937& random) {
  std::string out = "<p>";
  while (out.size() < 600) {
    for (std::size_t i = 3 + random() % 7; i > 0; --i) {
      out += static_cast<char>('a' + (random() % 26) * (random() % 26) / 26);
    }
    out += ' ';
  }
  return out + "</p>";
}

std::string Content(std::mt19937& random, int author, const std::string& id) {
  Post post;
  post.url = id;
  post.attributed_to.id = "https://social.example/users/user" + std::to_string(author);
  post.attributed_to.name = "User number " + std::to_string(author);
  post.attributed_to.preferred_username = "user" + std::to_string(author) + "@social.example";
  post.content = Text(random);
  post.language = "en";
  post.tag.push_back({"Hashtag", "https://social.example/tags/tag", "#Tag" + std::to_string(1)});
  std::string out;
  AppendContent(out, post);
  return out;
}

// New posts, four in ten of them replies, the others with their conversation; one record in ten
// changes an older one: a link, or an edit.
std::vector<Prepared> MakeRows(std::size_t count) {
  std::mt19937 random(7);
  std::vector<Prepared> out;
  std::vector<EntryRecord> entries;
  std::vector<std::int32_t> hashtags;
  std::size_t older = 0;  // entries of earlier batches
  const auto add = [&](std::int32_t hashtag, std::int64_t row, auto body) {
    Prepared& one = out.emplace_back();
    one.hashtag = hashtag;
    one.row = row;
    one.record.seq = static_cast<std::int64_t>(out.size()) - 1;
    one.record.record.hashtag = "tag" + std::to_string(hashtag);
    one.record.record.body = std::move(body);
  };
  std::vector<bool> touched;
  while (out.size() < count) {
    if (out.size() % kBatch == 0) {
      older = entries.size();
      touched.assign(older, false);
    }
    if (older > 0 && random() % 10 == 0) {
      const std::size_t at = random() % older;
      if (touched[at]) continue;  // an upsert takes each row once a batch
      touched[at] = true;
      EntryRecord changed = entries[at];
      changed.tree += 1;
      if (random() % 2 == 0) {
        changed.is_link = true;
        changed.content.clear();
        changed.stamp = 0;
        changed.digest = 0;
      } else {
        changed.content = Content(random, 1, changed.id);
      }
      add(hashtags[at], static_cast<std::int64_t>(at) + 1, std::move(changed));
      continue;
    }
    const auto number = static_cast<std::int64_t>(entries.size());
    const auto hashtag = static_cast<std::int32_t>(1 + random() % kHashtags);
    EntryRecord entry;
    entry.id = "https://social.example/users/user" + std::to_string(random() % 1000) +
               "/statuses/10" + std::to_string(1'000'000'000 + number);
    entry.n = number;
    entry.tree = number;
    entry.published = kMoment + number * 1000;
    if (random() % 10 < 4 && number > 0) entry.parents = {entries[random() % entries.size()].id};
    entry.author = "https://social.example/users/user" + std::to_string(random() % 1000);
    entry.stamp = entry.published;
    entry.content = Content(random, static_cast<int>(random() % 1000), entry.id);
    entry.digest = ContentDigest(entry.content);
    const bool is_root = entry.parents.empty();
    entries.push_back(entry);
    hashtags.push_back(hashtag);
    add(hashtag, number + 1, entry);
    if (is_root && out.size() % kBatch != 0) {
      add(hashtag, 0, TreeRecord{number, entry.id, std::nullopt});
    }
  }
  return out;
}

// An empty database, dropped with the object.
class Database {
 public:
  Database(const std::string& server, std::string name) : server_(server), name_(std::move(name)) {
    ByHand::MakeConn(*PgTarget::Parse(server_))->Exec("CREATE DATABASE " + name_);
  }
  ~Database() {
    try {
      ByHand::MakeConn(*PgTarget::Parse(server_))->Exec("DROP DATABASE " + name_ + " WITH (FORCE)");
    } catch (const StoreError& e) {
      std::fprintf(stderr, "%s\n", e.what());
    }
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  std::string url() const { return server_.substr(0, server_.rfind('/') + 1) + name_; }

 private:
  std::string server_;
  std::string name_;
};

void Require(const Status& status) {
  if (status) return;
  std::fprintf(stderr, "%s\n", status.error().message.c_str());
  std::exit(1);
}

double Seconds(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double RunOurs(const std::string& url, const std::vector<Prepared>& rows, bool index) {
  PostgresStoreSettings settings;
  settings.url = url;
  settings.search_index = index;
  const auto store = std::move(*OpenPostgresWriteStore(settings));
  std::vector<SequencedRecord> records;
  for (const Prepared& row : rows) records.push_back(row.record);
  if (!store->Positions()) std::exit(1);
  const auto begin = Clock::now();
  for (std::size_t from = 0; from < records.size(); from += kBatch) {
    const std::size_t to = std::min(records.size(), from + kBatch);
    SinkBatch batch;
    batch.topic_id = kTopicId;
    batch.from = records[from].seq;
    batch.next = records[to - 1].seq + 1;
    batch.at = kMoment;
    batch.records = std::span(records).subspan(from, to - from);
    Require(store->Apply(batch));
  }
  return Seconds(begin);
}

double RunByHand(const std::string& url, const std::vector<Prepared>& rows, bool index) {
  ByHand by_hand(*PgTarget::Parse(url), index);
  const auto begin = Clock::now();
  for (std::size_t from = 0; from < rows.size(); from += kBatch) {
    by_hand.Apply(rows.data() + from, rows.data() + std::min(rows.size(), from + kBatch));
  }
  return Seconds(begin);
}

// The same for the same rows, whatever their numbers.
std::string Sum(const std::string& url, bool index) {
  const auto db = ByHand::MakeConn(*PgTarget::Parse(url));
  std::string out =
      db->Query(
            "SELECT concat_ws(' ', count(*), sum(hashtextextended(concat_ws('|', h.name, e.id, "
            "e.entry_seq, e.link_seq, e.n, e.tree, e.published, e.stamp, e.digest, e.parents, "
            "e.author, c.json), 0))) FROM entry e JOIN hashtag h ON h.id=e.hashtag "
            "LEFT JOIN content c ON c.row=e.row")
          .Text(0, 0);
  out += ' ' +
         db->Query("SELECT concat_ws(' ', count(*), sum(number), sum(seq)) FROM tree").Text(0, 0);
  if (index) {
    out += ' ' + db->Query(
                       "SELECT concat_ws(' ', count(*), sum(cardinality(tokens)), (SELECT "
                       "sum(hashtextextended(t::text, 0)) FROM entry_text, unnest(tokens) t "
                       "WHERE t>0)) FROM entry_text")
                     .Text(0, 0);
  }
  return out;
}

bool Measure(const std::string& server, std::vector<Prepared>& rows, bool index) {
  if (index) {
    for (Prepared& row : rows) {
      const EntryRecord* entry = EntryOf(row);
      if (entry == nullptr || entry->is_link) continue;
      row.tokens = IndexedNumbers(row.hashtag, *SearchText(entry->content));
    }
  }
  const Database ours(server, "bench_ours_" + std::to_string(getpid()));
  const Database theirs(server, "bench_by_hand_" + std::to_string(getpid()));
  const double our_seconds = RunOurs(ours.url(), rows, index);
  const double their_seconds = RunByHand(theirs.url(), rows, index);
  if (Sum(ours.url(), index) != Sum(theirs.url(), index)) {
    std::fprintf(stderr, "the two wrote different rows\n");
    return false;
  }
  const auto count = static_cast<double>(rows.size());
  const char* with = index ? "with search index" : "without search index";
  std::printf(R"({"name":"sink to PostgreSQL, %s","value":%.6g,"unit":"rows/s","better":"more",)"
              R"("ratio_to":"COPY and upsert by hand, %s"})"
              "\n",
              with, count / our_seconds, with);
  std::printf(
      R"({"name":"COPY and upsert by hand, %s","value":%.6g,"unit":"rows/s","better":"more"})"
      "\n",
      with, count / their_seconds);
  return true;
}

int Main(const char* server, std::size_t count) {
  std::vector<Prepared> rows = MakeRows(count);
  try {
    if (!Measure(server, rows, false)) return 1;
    rows.resize(count / 4);
    return Measure(server, rows, true) ? 0 : 1;
  } catch (const StoreError& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}

}  // namespace
}  // namespace latecomer

int main(int argc, char** argv) {
  const char* server = std::getenv("LATECOMER_TEST_POSTGRES");
  if (server == nullptr) {
    execlp("python3", "python3", LATECOMER_SOURCE_DIR "/tools/beds/run_with.py", "--postgres",
           "--fsync", "--", argv[0], argc > 1 ? argv[1] : nullptr, nullptr);
    std::perror("python3");
    return 1;
  }
  return latecomer::Main(server, argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000);
}
