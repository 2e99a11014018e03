// The sources: whether this version knows them, and whether their files can be read.
#include <unistd.h>

#include "app/doctor.h"
#include "app/ingest_part.h"
#include "ingest/source.h"

namespace latecomer {

void ExamineSources(const Settings& settings, const FindingSink& tell) {
  for (const SourceSpec& spec : SourceSpecs(settings, false)) {
    const std::string what = "source " + spec.name;
    Result<std::unique_ptr<Source>> source = MakeSource(spec);
    if (!source) {
      tell({FindingState::kBad, what, source.error().message, "mend its section"});
      continue;
    }
    std::string unreadable;
    for (const char* option : {"path", "token_file"}) {
      const std::string& file = spec.Option(option);
      if (!file.empty() && access(file.c_str(), R_OK) != 0) unreadable = file;
    }
    if (!unreadable.empty()) {
      tell({FindingState::kBad, what, unreadable + " cannot be read by this user",
            "run doctor as the user that runs Latecomer, or mend the file's permissions"});
    } else if (spec.hashtags.empty()) {
      tell({FindingState::kWarning, what, "it is asked for no hashtag",
            "add a [[hashtag]] section, or `hashtags` to the source"});
    } else {
      tell({FindingState::kOk, what,
            "kind " + spec.kind + ", " + std::to_string(spec.hashtags.size()) + " hashtags", ""});
    }
  }
}

}  // namespace latecomer
