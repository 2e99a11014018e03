// latecomer search: posts whose text or author holds all the words.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/command.h"
#include "app/setup.h"
#include "base/json_out.h"
#include "model/html.h"
#include "model/post_json.h"

namespace latecomer {
namespace {

struct SearchOptions {
  CommonOptions common;
  std::string hashtag;
  std::vector<std::string> words;
  std::size_t limit = 50;
  bool json = false;
};

int PrintHit(TimelineReadStore& store, const SearchHit& hit, bool json) {
  const std::string ids[] = {hit.id};
  auto contents = store.Contents(hit.hashtag, ids);
  if (!contents) return Fail(contents.error());
  Post post;
  if (!contents->front().empty()) {
    if (Status read = ReadContent(contents->front(), post); !read) return Fail(read.error());
  }
  std::string text = TextFromHtml(post.content);
  if (json) {
    std::string line;
    JsonObject object(line);
    object.String("hashtag", hit.hashtag).String("id", hit.id).Time("published", hit.published);
    object.String("author", post.attributed_to.id).String("text", text).Close();
    std::cout << line << "\n";
    return kDone;
  }
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  std::cout << FormatTime(hit.published) << "  #" << hit.hashtag << "  "
            << post.attributed_to.preferred_username << "\n  " << text << "\n  " << hit.id << "\n";
  return kDone;
}

int Search(const SearchOptions& options) {
  const std::optional<Settings> settings = LoadSettings(options.common);
  if (!settings) return kWrongUsage;
  std::string hashtag;
  if (!options.hashtag.empty()) {
    const std::optional<HashtagSettings> found = ResolveHashtag(*settings, options.hashtag);
    if (!found) return kWrongUsage;
    hashtag = found->hashtag;
  }
  std::string query;
  for (const std::string& word : options.words) query += (query.empty() ? "" : " ") + word;
  auto store = OpenReadStore(*settings);
  if (!store) return Fail(store.error());
  auto hits = (*store)->Search(hashtag, query, std::nullopt, options.limit);
  if (!hits) return Fail(hits.error());
  for (const SearchHit& hit : *hits) {
    if (const int code = PrintHit(**store, hit, options.json); code != kDone) return code;
  }
  return kDone;
}

}  // namespace

void AddSearch(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("search", "Find posts whose text or author holds all the words");
  auto options = std::make_shared<SearchOptions>();
  AddCommonOptions(*command, options->common);
  command->add_option("--hashtag", options->hashtag, "Under this hashtag only");
  command->add_option("--limit", options->limit, "At most so many, newest first")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_flag("--json", options->json, "One JSON object a line");
  command->add_option("WORD", options->words, "What to look for; a part of a word is enough")
      ->required();
  command->callback([options, &exit_code] { exit_code = FinishOutput(Search(*options)); });
}

}  // namespace latecomer
