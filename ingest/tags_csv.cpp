// TAGS (Twitter Archiving Google Sheet, https://tags.hawksey.info): a CSV of 18 columns, of which
// newer versions leave some out.
#include "ingest/csv_table.h"
#include "ingest/json_tree.h"
#include "ingest/x_json.h"
#include "ingest/x_post.h"

namespace latecomer {
namespace {

bool IsTagsHeader(const CsvHeader& header) {
  for (std::string_view name : {"id_str", "from_user", "text", "created_at"}) {
    if (header.Find(name) == CsvHeader::kNone) return false;
  }
  return true;
}

bool Fits(const ArchiveHead& head) { return FindCsvDelimiter(head.bytes, &IsTagsHeader) != 0; }

struct TagsColumns {
  explicit TagsColumns(const CsvHeader& header)
      : id(header.Find("id_str")),
        user(header.Find("from_user")),
        user_id(header.Find("from_user_id_str")),
        text(header.Find("text")),
        created(header.Find("created_at")),
        language(header.Find({"lang", "user_lang"})),
        reply(header.Find("in_reply_to_status_id_str")),
        icon(header.Find("profile_image_url")),
        entities(header.Find("entities_str")) {}
  std::size_t id, user, user_id, text, created, language, reply, icon, entities;
};

class TagsReader {
 public:
  TagsReader(ArchiveInput& input, const CsvHeader& header)
      : out_(input.out), now_(RetrievedNow(input.options)), columns_(header) {}

  void Row(const CsvRow& row) {
    tweet_.Clear();
    tweet_.id = CsvField(row, columns_.id);
    if (!IsXId(tweet_.id)) {
      out_.Reject("id_str", "`id_str` is no id of a post of X.");
      return;
    }
    const std::string_view created = CsvField(row, columns_.created);
    if (!created.empty()) {
      tweet_.created = ParseXTime(created);
      if (!tweet_.created) tweet_.created = ParseTime(created);
      if (!tweet_.created) {
        out_.Reject("created_at", "`created_at` is no time.");
        return;
      }
    }
    const std::string_view reply = CsvField(row, columns_.reply);
    if (!reply.empty() && !IsXId(reply)) {
      out_.Reject("in_reply_to_status_id_str",
                  "`in_reply_to_status_id_str` is no id of a post of X.");
      return;
    }
    tweet_.in_reply_to = reply;
    tweet_.text = CsvField(row, columns_.text);
    tweet_.language = CsvField(row, columns_.language);
    tweet_.user.username = CsvField(row, columns_.user);
    tweet_.user.icon = CsvField(row, columns_.icon);
    const std::string_view user_id = CsvField(row, columns_.user_id);
    if (IsXId(user_id)) tweet_.user.id = user_id;
    tweet_.retrieved = now_;
    Entities(CsvField(row, columns_.entities));
    MakeXPost(tweet_, post_);
    out_.Emit(post_);
  }

 private:
  // The sheet cuts long cells, so that the JSON may be broken: then the text alone must do.
  void Entities(std::string_view json) {
    if (json.empty()) return;
    entities_text_.assign(json);
    if (!entities_.Parse(entities_text_.data(), entities_text_.size())) return;
    ReadXEntities(entities_.root(), tweet_);
  }

  ArchiveOutput& out_;
  std::optional<TimeMs> now_;
  TagsColumns columns_;
  JsonTree entities_;
  std::string entities_text_;
  XTweet tweet_;
  ArchivePost post_;
};

Status Read(ArchiveInput& input) {
  std::optional<TagsReader> reader;
  return ReadCsv(
      input, &IsTagsHeader,
      [&](const CsvHeader& header) -> Status {
        if (!IsTagsHeader(header)) {
          return Invalid("The header lacks `id_str`, `from_user`, `text` or `created_at`.");
        }
        reader.emplace(input, header);
        return {};
      },
      [&](const CsvRow& row) { reader->Row(row); });
}

}  // namespace

const ArchiveFormat kTagsFormat = {"tags", "CSV of TAGS, the Twitter Archiving Google Sheet", &Fits,
                                   &Read};

}  // namespace latecomer
