// latecomer fetch: one hashtag from one server into a file.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>

#include "app/command.h"
#include "app/fetcher.h"
#include "app/http_setup.h"
#include "app/setup.h"
#include "app/source_guess.h"
#include "base/log.h"
#include "base/stop_signals.h"
#include "model/hashtag.h"

namespace latecomer {
namespace {

struct FetchOptions {
  CommonOptions common;
  std::string hashtag;
  std::string source;
  std::string kind;
  std::string output;
  std::string contact;
  std::string token_file;
  std::string handle;
  std::string since;
  std::string search;
  std::string groups;
};

// Tells how far it is, until it is destroyed: a line in place on a terminal, else one a minute.
class ProgressTeller {
 public:
  explicit ProgressTeller(const FetchContext& context)
      : context_(context), thread_([this](const std::stop_token& stop) { Main(stop); }) {}

 private:
  using Clock = std::chrono::steady_clock;

  void Main(const std::stop_token& stop) {
    const bool terminal = isatty(STDERR_FILENO) == 1;
    const auto every = terminal ? std::chrono::milliseconds(500) : std::chrono::minutes(1);
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock<std::mutex> lock(mutex);
    while (!never.wait_for(lock, stop, every, [&] { return stop.stop_requested(); })) {
      const double elapsed = std::chrono::duration<double>(Clock::now() - begin_).count();
      const std::string text = FetchProgress(context_, elapsed, Now());
      if (terminal) {
        std::fprintf(stderr, "\r\033[K%s", text.c_str());
      } else {
        std::fprintf(stderr, "%s\n", text.c_str());
      }
    }
    if (terminal) std::fprintf(stderr, "\r\033[K");
  }

  const FetchContext& context_;
  const Clock::time_point begin_ = Clock::now();
  std::jthread thread_;
};

Result<SourceSpec> MakeSpec(const FetchOptions& options, const Settings& settings, HttpClient& http,
                            std::stop_token stop) {
  GuessedSource guessed{options.kind, options.source};
  if (options.kind.empty()) {
    Result<GuessedSource> found = GuessSource(options.source, http, std::move(stop));
    if (!found) return found.error();
    guessed = std::move(*found);
  }
  Result<std::string> hashtag = FoldHashtag(options.hashtag);
  if (!hashtag) return hashtag.error();
  const HashtagSettings followed = settings.ForHashtag(*hashtag);
  SourceSpec spec;
  spec.name = "fetch";
  spec.kind = guessed.kind;
  spec.once = true;
  spec.hashtags.push_back({followed.hashtag, followed.display, followed.aliases});
  const std::pair<const char*, const std::string*> set[] = {
      {"base", &guessed.base},   {"token_file", &options.token_file}, {"handle", &options.handle},
      {"since", &options.since}, {"search", &options.search},         {"groups", &options.groups}};
  for (const auto& [name, value] : set) {
    if (!value->empty()) spec.options[name] = *value;
  }
  return spec;
}

int Report(const Status& fetched, const FetchContext& context, FetchFile& file,
           const std::string& path, std::uint64_t before) {
  const SourceCounters& counts = context.counts();
  std::cerr << path << ": " << file.posts() << " posts, " << file.posts() - before
            << " of them now, " << counts.requests << " requests\n";
  if (file.rejects() > 0) {
    std::cerr << "latecomer: " << file.rejects() << " could not be understood: " << path
              << ".rejects says why\n";
  }
  if (fetched) {
    std::cerr << "Run the same command again to add what has come since; `latecomer import "
                 "--hashtag "
              << context.spec().hashtags.front().hashtag << " " << path << "` takes it in.\n";
    return kDone;
  }
  if (fetched.error().code == ErrorCode::kRetryLater) {
    std::cerr << "latecomer: " << fetched.error().message
              << "; run the same command again to go on\n";
    return kFailed;
  }
  return Fail(fetched.error());
}

int Fetch(const FetchOptions& options) {
  std::optional<Settings> settings = LoadSettings(options.common);
  if (!settings) return kWrongUsage;
  if (!options.contact.empty()) settings->ingest.contact = options.contact;
  LogOptions log;
  log.level = "warn";
  SetUpLog(log);
  StopSignals signals;
  Result<std::unique_ptr<HttpClient>> http = HttpClientFor(*settings);
  if (!http) return Usage(http.error().message);
  if (!*http) {
    return Usage(
        "say with --contact whom those who run the server can turn to: a URL or an address "
        "of mail (or set `contact` below [ingest] in a file, with -c)");
  }
  const Result<SourceSpec> spec = MakeSpec(options, *settings, **http, signals.token());
  if (!spec) {
    return spec.error().code == ErrorCode::kInvalid ? Usage(spec.error().message)
                                                    : Fail(spec.error());
  }
  if (Result<std::unique_ptr<Source>> source = MakeSource(*spec); !source) {
    return Usage(source.error().message);
  }
  const std::string& hashtag = spec->hashtags.front().hashtag;
  const std::string path = options.output.empty() ? hashtag + ".jsonl" : options.output;
  Result<FetchFile> file = FetchFile::Open(path, {hashtag, spec->kind, spec->Option("base")});
  if (!file) {
    return file.error().code == ErrorCode::kInvalid ? Usage(file.error().message)
                                                    : Fail(file.error());
  }
  std::cerr << (file->complete()  ? "Adding what is new to "
                : file->resumed() ? "Going on with "
                                  : "Fetching into ")
            << path << " (" << spec->kind
            << (spec->Option("base").empty() ? "" : ", " + spec->Option("base")) << ")\n";
  const std::uint64_t before = file->posts();
  FetchContext context(*spec, *file, **http, signals.token());
  Status fetched;
  {
    const ProgressTeller teller(context);
    fetched = FetchAll(context);
  }
  if (fetched) fetched = file->Complete();
  return Report(fetched, context, *file, path, before);
}

std::string KindNames() {
  std::string names;
  for (const SourceKind& kind : SourceKinds()) {
    if (kind.asks_network) names += (names.empty() ? "" : ", ") + std::string(kind.kind);
  }
  return names;
}

}  // namespace

void AddFetch(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "fetch", "Pull one hashtag, with its whole conversations, from one server into a file");
  auto options = std::make_shared<FetchOptions>();
  AddCommonOptions(*command, options->common);
  command->add_option("--hashtag", options->hashtag, "Which hashtag")->required();
  command
      ->add_option("--source", options->source,
                   "The server's address: https://social.example, wss://relay.example, a blog, a "
                   "feed, https://bsky.app, https://x.com")
      ->type_name("URL")
      ->required();
  command->add_option("--kind", options->kind,
                      "Of which kind it is: " + KindNames() + "; absent: found out");
  command
      ->add_option(
          "-o,--output", options->output,
          "Where to; absent: HASHTAG.jsonl. Beside it FILE.fetch keeps what is needed to go "
          "on")
      ->type_name("FILE");
  command->add_option("--contact", options->contact,
                      "Whom those who run the server can turn to: a URL or an address of mail; it "
                      "stands in each request");
  command
      ->add_option("--token-file", options->token_file, "A file that holds the token or password")
      ->type_name("FILE");
  command->add_option("--handle", options->handle, "The account that asks (bluesky, wordpress)");
  command->add_option("--since", options->since,
                      "How far back, as 2011-04-29T00:00:00Z; absent: as far as there is any");
  command->add_option("--search", options->search, "recent (seven days) or all (x)");
  command->add_option("--groups", options->groups, "Ids of groups, separated by a blank (engage)");
  command->footer(
      "The file holds one post a line, to be read by `latecomer import` and `preview`. Stopped or "
      "killed, the same command goes on where it was; finished, it adds what is new. Ends with 0 "
      "when all that is there has been fetched, 1 when not, 2 for wrong usage.\n"
      "Example: latecomer fetch --hashtag educhat --source https://social.example --contact "
      "me@school.example");
  command->callback([options, &exit_code] { exit_code = Fetch(*options); });
}

}  // namespace latecomer
