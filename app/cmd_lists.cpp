// latecomer hashtags, sessions, conversations: what the store holds.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/command.h"
#include "app/setup.h"
#include "base/json_out.h"
#include "model/timeline_json.h"

namespace latecomer {
namespace {

struct ListOptions {
  CommonOptions common;
  std::string hashtag;
  bool json = false;
};

std::shared_ptr<ListOptions> AddListOptions(CLI::App& command, bool of_hashtag) {
  auto options = std::make_shared<ListOptions>();
  AddCommonOptions(command, options->common);
  command.add_flag("--json", options->json, "One JSON object a line");
  if (of_hashtag) {
    command.add_option("--hashtag", options->hashtag, "Of which hashtag")->required();
  }
  return options;
}

// "2016-05-14 09:00", or a dash.
std::string Short(const std::optional<TimeMs>& time) {
  if (!time) return "-               ";
  std::string text = FormatTime(*time).substr(0, 16);
  text[10] = ' ';
  return text;
}

int ListHashtags(const ListOptions& options) {
  const std::optional<Settings> settings = LoadSettings(options.common);
  if (!settings) return kWrongUsage;
  auto store = OpenReadStore(*settings);
  if (!store) return Fail(store.error());
  auto hashtags = (*store)->Hashtags();
  if (!hashtags) return Fail(hashtags.error());
  for (const HashtagSummary& summary : *hashtags) {
    if (!options.json) {
      std::cout << Short(summary.first) << "  " << Short(summary.last) << "  " << summary.entries
                << " posts  #" << (summary.display.empty() ? summary.hashtag : summary.display)
                << "\n";
      continue;
    }
    std::string line;
    JsonObject object(line);
    object.String("hashtag", summary.hashtag).String("display", summary.display);
    object.Uint("entries", summary.entries).Uint("reposts", summary.reposts);
    object.Raw("first", summary.first ? '"' + FormatTime(*summary.first) + '"' : "null");
    object.Raw("last", summary.last ? '"' + FormatTime(*summary.last) + '"' : "null").Close();
    std::cout << line << "\n";
  }
  return kDone;
}

// The lines of section 6 of one kind, or a table of the same.
int ListOf(const ListOptions& options, std::string_view kind,
           void (*print)(const Timeline& timeline)) {
  const std::optional<Settings> settings = LoadSettings(options.common);
  if (!settings) return kWrongUsage;
  const std::optional<HashtagSettings> hashtag = ResolveHashtag(*settings, options.hashtag);
  if (!hashtag) return kWrongUsage;
  auto store = OpenReadStore(*settings);
  if (!store) return Fail(store.error());
  auto timeline = ReadTimeline(**store, hashtag->hashtag);
  if (!timeline) return Fail(timeline.error());
  if (!options.json) {
    print(**timeline);
    return kDone;
  }
  const std::string prefix = "{\"kind\":\"" + std::string(kind) + "\"";
  WriteTimelineJson(
      **timeline, hashtag->gap_ms, kNone, [](const TimelineEntry&) { return std::string(); },
      [&](std::string_view line) {
        if (line.starts_with(prefix)) std::cout << line << "\n";
      });
  return kDone;
}

void PrintSessions(const Timeline& timeline) {
  for (const TimelineSession& session : timeline.sessions()) {
    std::cout << FormatTime(session.record.id) << "  " << Short(session.record.last) << "  "
              << session.entries << " posts by " << session.participants;
    if (session.record.is_event) std::cout << "  " << session.record.event;
    std::cout << "\n";
  }
}

void PrintConversations(const Timeline& timeline) {
  for (const TimelineConversation& conversation : timeline.conversations()) {
    std::cout << Short(conversation.first) << "  " << Short(conversation.last) << "  "
              << conversation.entries.size() << " posts by " << conversation.participants << "  "
              << conversation.id << (conversation.root_known ? "" : "  (its first post is missing)")
              << "\n";
  }
}

}  // namespace

void AddHashtags(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("hashtags", "List the hashtags in the store");
  auto options = AddListOptions(*command, false);
  command->callback([options, &exit_code] { exit_code = FinishOutput(ListHashtags(*options)); });
}

void AddSessions(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("sessions", "List a hashtag's sessions");
  auto options = AddListOptions(*command, true);
  command->callback([options, &exit_code] {
    exit_code = FinishOutput(ListOf(*options, "session", PrintSessions));
  });
}

void AddConversations(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("conversations", "List a hashtag's conversations");
  auto options = AddListOptions(*command, true);
  command->callback([options, &exit_code] {
    exit_code = FinishOutput(ListOf(*options, "conversation", PrintConversations));
  });
}

}  // namespace latecomer
