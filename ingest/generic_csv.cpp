// Any other CSV with a header, its columns found by well-known names or named by the user.
#include <array>

#include "ingest/csv_table.h"
#include "ingest/html_out.h"
#include "ingest/mastodon_owner.h"
#include "ingest/x_post.h"
#include "model/hashtag.h"

namespace latecomer {
namespace {

enum Column : std::size_t {
  kId,
  kText,
  kPublished,
  kUpdated,
  kAuthor,
  kUsername,
  kName,
  kInReplyTo,
  kContext,
  kUrl,
  kLanguage,
  kHashtags,
  kColumnCount
};

// The names to be used in `columns`, which are those of the canonical post where it has the field.
constexpr std::array<std::string_view, kColumnCount> kColumnNames = {
    "id",   "content",   "published", "updated", "author",   "username",
    "name", "inReplyTo", "context",   "url",     "language", "hashtags"};

using Columns = std::array<std::size_t, kColumnCount>;

Columns WellKnown(const CsvHeader& h) {
  Columns c;
  c[kId] = h.Find({"id", "id_str", "post_id", "status_id", "tweet_id", "uri"});
  c[kText] = h.Find({"content", "text", "full_text", "body", "message", "tweet"});
  c[kPublished] = h.Find({"published", "created_at", "published_at", "date", "datetime",
                          "timestamp", "time", "created"});
  c[kUpdated] = h.Find({"updated", "updated_at", "edited_at"});
  c[kAuthor] = h.Find({"author_id", "attributedTo", "author", "user_id"});
  c[kUsername] = h.Find({"username", "preferredUsername", "screen_name", "user", "handle", "acct"});
  c[kName] = h.Find({"name", "display_name", "author_name", "user_name"});
  c[kInReplyTo] = h.Find({"inReplyTo", "in_reply_to", "in_reply_to_id", "in_reply_to_status_id",
                          "reply_to", "parent", "parent_id"});
  c[kContext] = h.Find({"context", "conversation", "conversation_id", "thread", "thread_id"});
  c[kUrl] = h.Find({"url", "link", "permalink"});
  c[kLanguage] = h.Find({"language", "lang"});
  c[kHashtags] = h.Find({"hashtags", "tags"});
  if (c[kId] == CsvHeader::kNone) c[kId] = c[kUrl];
  return c;
}

bool HasNeeded(const CsvHeader& header) {
  const Columns c = WellKnown(header);
  return header.size() > 2 && c[kId] != CsvHeader::kNone && c[kText] != CsvHeader::kNone &&
         c[kPublished] != CsvHeader::kNone;
}

bool Fits(const ArchiveHead& head) { return FindCsvDelimiter(head.bytes, &HasNeeded) != 0; }

// Puts what the user has named over the well-known names.
Status ApplyMapping(const std::vector<std::string>& mapping, const CsvHeader& header,
                    Columns& out) {
  for (const std::string& entry : mapping) {
    const std::size_t equals = entry.find('=');
    const std::string_view field = std::string_view(entry).substr(0, equals);
    std::size_t at = 0;
    while (at < kColumnCount && kColumnNames[at] != field) ++at;
    if (equals == std::string::npos || at == kColumnCount) {
      std::string known;
      for (std::string_view name : kColumnNames) known.append(known.empty() ? "" : ", ") += name;
      return Invalid("\"" + entry + "\" maps no column; write FIELD=COLUMN, FIELD one of " + known +
                     ".");
    }
    const std::string column = entry.substr(equals + 1);
    out[at] = header.Find(column);
    if (out[at] == CsvHeader::kNone) return Invalid("There is no column \"" + column + "\".");
  }
  return {};
}

// RFC 3339, X's form, or "2018-10-10 20:19:24" and "2018-10-10", which are taken as UTC.
std::optional<TimeMs> CsvTime(std::string_view text) {
  if (std::optional<TimeMs> time = ParseTime(text)) return time;
  if (std::optional<TimeMs> time = ParseXTime(text)) return time;
  std::string utc(text);
  if (text.ends_with(" UTC")) utc.resize(utc.size() - 4);
  if (utc.size() == 10) utc += "T00:00:00";
  if (utc.size() == 16) utc += ":00";
  return ParseTime(utc + "Z");
}

class GenericReader {
 public:
  GenericReader(ArchiveInput& input, const Columns& columns)
      : out_(input.out), now_(RetrievedNow(input.options)), columns_(columns) {}

  void Row(const CsvRow& row) {
    const auto field = [&](Column column) { return CsvField(row, columns_[column]); };
    Post& post = ResetPost(post_);
    post.id = field(kId);
    if (!Time("published", field(kPublished), post.published)) return;
    if (!Time("updated", field(kUpdated), post.updated)) return;
    HtmlOut html;
    html.Text(field(kText));
    post.content = html.Take();
    post.in_reply_to = field(kInReplyTo);
    post.context = field(kContext);
    if (!HostOfUrl(field(kUrl)).empty()) post.url = field(kUrl);
    post.language = field(kLanguage);
    SetAuthor(field(kAuthor), field(kUsername), field(kName), post.attributed_to);
    Hashtags(field(kHashtags), post);
    for (const HashtagInText& found : FindHashtags(field(kText))) {
      AddHashtag(post_, post, found.name);
    }
    post.source.kind = "csv";
    post.source.instance = HostOfUrl(post.id);
    post.source.retrieved = now_;
    out_.Emit(post_);
  }

 private:
  bool Time(std::string_view name, std::string_view text, std::optional<TimeMs>& out) {
    if (text.empty()) return true;
    out = CsvTime(text);
    if (!out) out_.Reject(name, "`" + std::string(name) + "` is no time.");
    return out.has_value();
  }

  // Whatever tells people apart best is the author's id.
  static void SetAuthor(std::string_view id, std::string_view username, std::string_view name,
                        Author& author) {
    author.id = !id.empty() ? id : !username.empty() ? username : name;
    author.preferred_username = username;
    author.name = name;
  }

  // "#a #b", "a, b", "['a', 'b']": names and what stands between them.
  void Hashtags(std::string_view text, Post& post) {
    constexpr std::string_view kBetween = " \t\r\n,;|[]'\"";
    std::size_t at = text.find_first_not_of(kBetween);
    while (at != std::string_view::npos) {
      const std::size_t end = text.find_first_of(kBetween, at);
      AddHashtag(post_, post, text.substr(at, end - at));
      at = end == std::string_view::npos ? end : text.find_first_not_of(kBetween, end);
    }
  }

  ArchiveOutput& out_;
  std::optional<TimeMs> now_;
  Columns columns_;
  ArchivePost post_;
};

Status Read(ArchiveInput& input) {
  std::optional<GenericReader> reader;
  const std::vector<std::string>& mapping = input.options.columns;
  const HeaderTest fits = [&](const CsvHeader& header) {
    Columns columns = WellKnown(header);
    return mapping.empty() ? HasNeeded(header)
                           : static_cast<bool>(ApplyMapping(mapping, header, columns));
  };
  return ReadCsv(
      input, fits,
      [&](const CsvHeader& header) -> Status {
        Columns columns = WellKnown(header);
        Status mapped = ApplyMapping(mapping, header, columns);
        if (!mapped) return mapped;
        for (Column needed : {kId, kPublished}) {
          if (columns[needed] != CsvHeader::kNone) continue;
          return Invalid("There is no column for `" + std::string(kColumnNames[needed]) + "`.");
        }
        reader.emplace(input, columns);
        return {};
      },
      [&](const CsvRow& row) { reader->Row(row); });
}

}  // namespace

const ArchiveFormat kCsvFormat = {
    "csv", "any CSV with a header: id, content or text, published or created_at, author, …", &Fits,
    &Read};

}  // namespace latecomer
