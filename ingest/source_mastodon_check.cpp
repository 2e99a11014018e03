#include "ingest/source_mastodon_check.h"

#include <string>

#include "base/time.h"

namespace latecomer {
namespace {

using Level = SourceFinding::Level;
using Software = MastodonInstance::Software;

class Findings {
 public:
  Findings(std::string instance, std::vector<SourceFinding>& to)
      : instance_(std::move(instance)), to_(to) {}
  void Add(Level level, const std::string& text) {
    to_.push_back({level, instance_ + ": " + text});
  }

 private:
  const std::string instance_;
  std::vector<SourceFinding>& to_;
};

void CheckToken(MastodonApi& api, Findings& findings) {
  const Result<std::string> name = api.AccountName();
  std::string left;
  if (api.left()) left = ", " + *api.left() + " requests left for now";
  if (name) {
    findings.Add(Level::kOk, "authorised as @" + *name + left);
  } else if (name.error().code == ErrorCode::kFatal) {
    // A token of scope read:statuses alone may not ask who it belongs to.
    findings.Add(
        Level::kWarning,
        "the token may not ask for its own account, or is not accepted: " + name.error().message);
  } else {
    findings.Add(Level::kFailure, name.error().message);
  }
}

void SayWhatIsMissing(const MastodonInstance& facts, const MastodonOptions& options, bool has_token,
                      Findings& findings) {
  const MastodonThreads::Bounds bounds = MastodonBounds(facts.software, has_token);
  if (bounds.descendants < 4'096) {
    findings.Add(Level::kWarning, "no token: of a thread only " +
                                      std::to_string(bounds.descendants) + " replies, " +
                                      std::to_string(bounds.depth) + " deep, are given at once");
  }
  const bool streams = facts.software == Software::kMastodon && has_token;
  if (!streams && options.stream.value_or(false)) {
    findings.Add(Level::kWarning,
                 "`stream` is set, but streams need Mastodon and a token; the "
                 "timelines are polled");
  } else {
    findings.Add(Level::kOk, streams && options.stream.value_or(true)
                                 ? "what is new is streamed"
                                 : "what is new is polled, each half a minute to five minutes");
  }
  for (const auto& [feed, what] : {std::pair(facts.local_feed, "written here"),
                                   std::pair(facts.remote_feed, "from other instances")}) {
    if (feed == "disabled") {
      findings.Add(Level::kWarning, std::string("its timelines do not show posts ") + what);
    } else if (feed == "authenticated" && !has_token) {
      findings.Add(Level::kWarning,
                   std::string("its timelines show posts ") + what + " with a token only");
    }
  }
  if (facts.software == Software::kGoToSocial) {
    findings.Add(Level::kWarning,
                 "GoToSocial leaves replies to others out of its timelines; they "
                 "are found with the conversations");
  }
  if (facts.software == Software::kPixelfed) {
    findings.Add(Level::kWarning, "Pixelfed shows posts with pictures only");
  }
}

void CheckHashtag(MastodonApi& api, const std::string& hashtag, Findings& findings) {
  const Result<MastodonList> page = api.TagPage(hashtag, "", "", 1.0);
  if (!page) {
    findings.Add(Level::kFailure, page.error().message);
  } else if (!page->newest) {
    findings.Add(Level::kWarning, "#" + hashtag + " has no post there yet");
  } else {
    findings.Add(Level::kOk,
                 "#" + hashtag + ": the newest post is of " + FormatTime(*page->newest));
  }
}

}  // namespace

void CheckMastodonInstance(SourceContext& context, const MastodonOptions& options,
                           std::size_t number, std::vector<SourceFinding>& to) {
  MastodonApi api(context, options.bases[number], options.token_file);
  Findings findings(api.instance(), to);
  if (Status token = api.Start(); !token) {
    findings.Add(Level::kFailure, token.error().message);
    return;
  }
  const Result<MastodonInstance> facts = api.Instance();
  if (!facts) {
    findings.Add(Level::kFailure, facts.error().message);
    return;
  }
  std::string left;
  if (api.left()) left = ", " + *api.left() + " requests left for now";
  findings.Add(Level::kOk, "reachable, version " + facts->version + left);
  if (api.has_token()) CheckToken(api, findings);
  SayWhatIsMissing(*facts, options, api.has_token(), findings);
  for (const FollowedHashtag& followed : context.spec().hashtags) {
    if (context.stopped()) return;
    CheckHashtag(api, followed.hashtag, findings);
  }
}

}  // namespace latecomer
