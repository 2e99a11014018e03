#include "ingest/jetstream_check.h"

#include "ingest/bluesky_api.h"

namespace latecomer {

std::vector<SourceFinding> CheckJetstream(SourceContext& context, const JetstreamOptions& options) {
  using Level = SourceFinding::Level;
  std::vector<SourceFinding> findings;
  SourceHttp http(context.http(), context);
  JetstreamStream stream(http, options.hosts);
  do {
    const Status opened = stream.Open(0);
    if (!opened) {
      findings.push_back({Level::kFailure, opened.error().message});
      continue;
    }
    const auto event = stream.Read(context.stop());
    const bool live = event && *event && (*event)->kind != JetstreamEvent::Kind::kMalformed;
    const std::string name = stream.host() + ", version " + (stream.is_v2() ? "2" : "1");
    findings.push_back(live ? SourceFinding{Level::kOk, name + ": events come"}
                            : SourceFinding{Level::kWarning, name + ": connected, no event yet"});
  } while (stream.Next());
  if (!options.app_view) {
    findings.push_back({Level::kWarning,
                        "missing will be: names of authors, and what was in a conversation before "
                        "its hashtag was seen (`base` names no AppView)"});
    return findings;
  }
  XrpcClient xrpc(http);
  BlueskyApi api(xrpc, *options.app_view, {});
  api.Start();
  const Result<XrpcAnswer> profiles = api.Profiles({"did:plc:z72i7hdynmk6r22z27h6tvur"});
  if (!profiles || !profiles->ok()) {
    findings.push_back(
        {Level::kFailure, options.app_view->host + " does not tell the names of authors"});
  } else {
    findings.push_back({Level::kOk, options.app_view->host + " tells names and threads"});
  }
  findings.push_back({Level::kWarning,
                      "missing will be: reposts, and what was posted more than about 36 hours "
                      "before the source is started (`bluesky` searches farther back)"});
  return findings;
}

}  // namespace latecomer
