// The store: whether it answers, whether it can be written, what it holds.
#include "app/doctor.h"
#include "app/setup.h"

namespace latecomer {
namespace {

std::string AdviceFor(const Error& error, const Settings& settings) {
  const bool is_postgres = settings.store.kind == "postgres";
  if (error.code == ErrorCode::kRetryLater && is_postgres) {
    return "check [store] url, that PostgreSQL runs there, and that `latecomer sink` or "
           "`latecomer run` has been started once to make the schema";
  }
  if (error.code == ErrorCode::kRetryLater) return "another process keeps it busy: try again";
  return is_postgres ? "check [store] url and the permissions of its user"
                     : "restore the file from a backup, or remove it and start `latecomer run`, "
                       "which builds it anew from the stream";
}

}  // namespace

void ExamineStore(const Settings& settings, const FindingSink& tell) {
  const bool is_postgres = settings.store.kind == "postgres";
  const std::string what = is_postgres ? "database" : "store";
  Result<std::unique_ptr<TimelineReadStore>> store = OpenReadStore(settings, "latecomer doctor");
  if (!store && store.error().code == ErrorCode::kNotFound) {
    return tell({FindingState::kWarning, what, store.error().message, ""});
  }
  if (!store) {
    return tell(
        {FindingState::kBad, what, store.error().message, AdviceFor(store.error(), settings)});
  }
  const Result<std::string> epoch = (*store)->Epoch();
  if (!epoch) {
    return tell(
        {FindingState::kBad, what, epoch.error().message, AdviceFor(epoch.error(), settings)});
  }
  const Result<std::vector<HashtagSummary>> hashtags = (*store)->Hashtags();
  if (!hashtags) {
    return tell({FindingState::kBad, what, hashtags.error().message,
                 AdviceFor(hashtags.error(), settings)});
  }
  const Result<std::string> about = (*store)->Describe();
  std::uint64_t entries = 0;
  for (const HashtagSummary& hashtag : *hashtags) entries += hashtag.entries;
  tell({FindingState::kOk, what,
        (about ? *about + ": " : std::string()) +
            "it can be read, its schema is of this version; " + std::to_string(entries) +
            " posts under " + std::to_string(hashtags->size()) + " hashtags",
        ""});
  // The schema is there, so opening for writing makes none.
  Result<std::unique_ptr<TimelineWriteStore>> writing =
      OpenWriteStore(settings, "latecomer doctor");
  Result<std::vector<SinkPosition>> positions =
      writing ? (*writing)->Positions() : Result<std::vector<SinkPosition>>(writing.error());
  if (!positions) {
    return tell({FindingState::kBad, what + " for writing", positions.error().message,
                 AdviceFor(positions.error(), settings)});
  }
  std::size_t rebuilding = 0;
  for (const SinkPosition& position : *positions) rebuilding += position.rebuilding ? 1 : 0;
  if (rebuilding > 0) {
    return tell({FindingState::kWarning, what + " for writing",
                 std::to_string(rebuilding) + " partitions are being built anew",
                 "posts may be missing until that is through; a sink must run"});
  }
  tell({FindingState::kOk, what + " for writing",
        "it can be opened; " + std::to_string(positions->size()) + " partitions have been stored",
        ""});
}

}  // namespace latecomer
