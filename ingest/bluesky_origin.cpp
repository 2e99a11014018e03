#include "ingest/bluesky_origin.h"

#include "ingest/bluesky_json.h"
#include "ingest/bluesky_uri.h"

namespace latecomer {
namespace {

// Accounts move seldom, and posts of one account are asked for together.
constexpr std::int64_t kHostKeptMs = 3'600'000;
constexpr std::size_t kHostsMax = 10'000;
constexpr std::size_t kAnswerBytesMax = 4U << 20U;
constexpr std::chrono::milliseconds kDeadline{20'000};
constexpr std::chrono::milliseconds kWaitMax{5'000};
constexpr std::string_view kWeb = "did:web:";

}  // namespace

Result<XrpcAnswer> BlueskyOrigin::Call(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.body_bytes_max = kAnswerBytesMax;
  request.deadline = kDeadline;
  request.wait_max = kWaitMax;
  request.attempts = 2;
  return xrpc_.Call(std::move(request));
}

Result<BlueskyOrigin::Host> BlueskyOrigin::HostOf(const std::string& did, TimeMs now) {
  const auto known = hosts_.find(did);
  if (known != hosts_.end() && now - known->second.asked_at < kHostKeptMs) return known->second;
  std::string url;
  if (did.starts_with(kWeb)) {
    const std::string host = did.substr(kWeb.size());
    // Paths are not of this network; a port stands escaped.
    if (host.find(':') != std::string::npos) return Host{"", false, now};
    url = "https://" + host + "/.well-known/did.json";
  } else {
    url = directory_.text + (directory_.text.ends_with('/') ? "" : "/") + did;
  }
  Result<XrpcAnswer> answer = Call(std::move(url));
  if (!answer) return answer.error();
  Host host;
  host.asked_at = now;
  // The directory says 410 of a DID whose owner has put an end to it.
  host.is_gone = answer->status == 410 && !did.starts_with(kWeb);
  if (answer->ok() && answer->root["id"].text() == did) {
    const Result<Url> pds = ParseUrl(PdsOfDidDocument(answer->root));
    if (pds && (pds->scheme == "https" || directory_.scheme == "http")) host.pds = pds->text;
  }
  if (hosts_.size() >= kHostsMax) hosts_.clear();
  hosts_[did] = host;
  return host;
}

Result<OriginAnswer> BlueskyOrigin::Ask(const std::string& uri, TimeMs now) {
  const std::optional<AtUri> parts = ParseAtUri(uri);
  if (!parts || !IsDid(parts->authority)) return OriginAnswer::kUnknown;
  const std::string did(parts->authority);
  const Result<Host> host = HostOf(did, now);
  if (!host) return OriginAnswer::kUnknown;
  if (host->is_gone) return OriginAnswer::kGone;
  if (host->pds.empty()) return OriginAnswer::kUnknown;
  const Result<XrpcAnswer> record = Call(WithQuery(XrpcUrl(host->pds, "com.atproto.repo.getRecord"),
                                                   {{"repo", did},
                                                    {"collection", std::string(parts->collection)},
                                                    {"rkey", std::string(parts->rkey)}}));
  if (!record) return OriginAnswer::kUnknown;
  if (record->ok()) return OriginAnswer::kThere;
  if (record->error != "RecordNotFound" && record->error != "RepoNotFound") {
    return OriginAnswer::kUnknown;
  }
  // A server that does not hold the repository asks others for the record, and gives their answer
  // as its own: only of a repository that it holds is its word the origin's.
  const Result<XrpcAnswer> repo =
      Call(WithQuery(XrpcUrl(host->pds, "com.atproto.sync.getRepoStatus"), {{"did", did}}));
  if (!repo) return OriginAnswer::kUnknown;
  // The host that the account's DID names knows nothing of it: the account was deleted.
  if (repo->error == "RepoNotFound") return OriginAnswer::kGone;
  if (!repo->ok()) return OriginAnswer::kUnknown;
  if (repo->root["active"].is_true()) return OriginAnswer::kGone;
  return repo->root["status"].text() == "deleted" ? OriginAnswer::kGone : OriginAnswer::kUnknown;
}

}  // namespace latecomer
