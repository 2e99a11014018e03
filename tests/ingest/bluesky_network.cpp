#include "tests/ingest/bluesky_network.h"

#include <algorithm>
#include <cctype>
#include <ctime>

#include "base/json_out.h"

namespace latecomer::test {
namespace {

std::string Quoted(const std::string& text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string Decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::map<std::string, std::string> Parse(const std::string& query) {
  std::map<std::string, std::string> out;
  for (std::size_t begin = 0; begin < query.size();) {
    const std::size_t end = std::min(query.find('&', begin), query.size());
    const std::string pair = query.substr(begin, end - begin);
    const std::size_t is = std::min(pair.find('='), pair.size());
    out[Decoded(pair.substr(0, is))] = Decoded(pair.substr(std::min(is + 1, pair.size())));
    begin = end + 1;
  }
  return out;
}

std::string Refusal(int status, const std::string& error) {
  return Reply(status, R"({"error":")" + error + R"(","message":"said so"})",
               {"Content-Type: application/json"});
}

std::string Json(const std::string& body) {
  return Reply(200, body, {"Content-Type: application/json; charset=utf-8"});
}

// What DidOf was given, of three letters.
std::string HandleOf(const std::string& did) { return did.substr(8, 3) + ".test"; }

TimeMs SortTime(const BlueskyNetwork::Record& record) {
  return std::min(record.created, record.indexed);
}

}  // namespace

std::string DidOf(const std::string& who) {
  std::string id = who;
  id.resize(24, 'a');
  return "did:plc:" + id;
}

std::string BlueskyNetwork::Record::Json() const {
  std::string out = R"({"$type":"app.bsky.feed.post","text":)" + Quoted(text) +
                    R"(,"createdAt":")" + FormatTime(created) + R"(","langs":["en"],"facets":[)";
  bool first = true;
  for (const std::string& tag : tags) {
    const std::size_t at = text.find("#" + tag);
    const std::size_t begin = at == std::string::npos ? 0 : at;
    const std::size_t end = at == std::string::npos ? 0 : at + tag.size() + 1;
    if (!std::exchange(first, false)) out += ",";
    out += R"({"index":{"byteStart":)" + std::to_string(begin) + R"(,"byteEnd":)" +
           std::to_string(end) + R"(},"features":[{"$type":"app.bsky.richtext.facet#tag","tag":)" +
           Quoted(tag) + "}]}";
  }
  out += "]";
  if (!parent.empty()) {
    out += R"(,"reply":{"root":{"uri":)" + Quoted(root) + R"(,"cid":"x"},"parent":{"uri":)" +
           Quoted(parent) + R"(,"cid":"x"}})";
  }
  return out + "}";
}

BlueskyNetwork::BlueskyNetwork()
    : server_([this](const ServedRequest& request, Peer& peer) { Serve(request, peer); }) {}

std::string BlueskyNetwork::Say(const std::string& who, const std::string& text,
                                const std::vector<std::string>& tags, const std::string& parent) {
  const std::scoped_lock lock(mutex_);
  Record record;
  record.did = DidOf(who);
  // Grows, like a TID.
  record.rkey = "3k" + std::to_string(100'000 + ++number_);
  record.text = text;
  record.tags = tags;
  record.created = record.indexed = now;
  if (!parent.empty()) {
    record.parent = parent;
    record.root = records_.at(parent).root.empty() ? parent : records_.at(parent).root;
    replies_[parent].push_back(record.Uri());
  }
  const std::string uri = record.Uri();
  records_[uri] = record;
  return uri;
}

BlueskyNetwork::Record& BlueskyNetwork::At(const std::string& uri) { return records_.at(uri); }

void BlueskyNetwork::With(const std::function<void()>& change) {
  const std::scoped_lock lock(mutex_);
  change();
}

void BlueskyNetwork::Change(const std::string& uri, const std::string& text) {
  With([&] {
    At(uri).text = text;
    ++At(uri).version;
  });
}

void BlueskyNetwork::Delete(const std::string& uri) {
  With([&] { At(uri).in_view = At(uri).in_repo = false; });
}

std::uint64_t BlueskyNetwork::Count(const std::string& nsid) const {
  const std::scoped_lock lock(mutex_);
  const auto found = counts_.find(nsid);
  return found == counts_.end() ? 0 : found->second;
}

void BlueskyNetwork::Serve(const ServedRequest& request, Peer& peer) {
  const std::scoped_lock lock(mutex_);
  ++requests_;
  if (trouble) {
    if (const std::optional<std::string> own = trouble(request)) {
      peer.Send(*own);
      if (own->empty() || own->find("Content-Length") == std::string::npos) peer.Close();
      return;
    }
  }
  peer.Send(Headers(Answer(request)));
}

// Counts in windows that begin with their first request, and says what is left of this one.
std::string BlueskyNetwork::Headers(std::string reply) {
  constexpr TimeMs kPer = 300'000;
  if (now >= window_ + kPer) {
    window_ = now;
    in_window_ = 0;
  }
  if (++in_window_ > limit) {
    ++refused_;
    reply = Refusal(429, "RateLimitExceeded");
  }
  const std::uint32_t left = limit - std::min(in_window_, limit);
  const std::time_t seconds = static_cast<std::time_t>(now / 1000);
  char date[64];
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&seconds));
  const std::string headers =
      std::string("Date: ") + date + "\r\nRateLimit-Limit: " + std::to_string(limit) +
      "\r\nRateLimit-Remaining: " + std::to_string(left) +
      "\r\nRateLimit-Reset: " + std::to_string((window_ + kPer + 999) / 1000) +
      "\r\nRateLimit-Policy: " + std::to_string(limit) + ";w=300\r\n";
  return reply.insert(reply.find("\r\n") + 2, headers);
}

std::string BlueskyNetwork::Answer(const ServedRequest& request) {
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  const std::string path = request.target.substr(0, mark);
  const Query query = Parse(request.target.substr(std::min(mark + 1, request.target.size())));
  const std::string nsid = path.substr(path.rfind('/') + 1);
  ++counts_[nsid];
  if (nsid == "com.atproto.server.createSession" || nsid == "com.atproto.server.refreshSession") {
    return Session(request);
  }
  if (path.starts_with("/plc/") || nsid.starts_with("com.atproto.")) return Origin(path, query);
  if (needs_session) {
    const auto auth = request.headers.find("authorization");
    if (auth == request.headers.end()) return Refusal(401, "AuthMissing");
    if (auth->second != "Bearer access" + std::to_string(session_)) {
      return Refusal(400, "ExpiredToken");
    }
    if (token_lasts > 0 && ++used_ > token_lasts) return Refusal(400, "ExpiredToken");
  }
  if (nsid == "app.bsky.feed.searchPosts") return Search(query);
  if (nsid == "app.bsky.feed.getPostThread") return Thread(query);
  if (nsid == "app.bsky.actor.getProfiles") {
    const std::string did = query.at("actors");
    return Json(R"({"profiles":[{"did":")" + did + R"(","handle":")" + HandleOf(did) + R"("}]})");
  }
  return Refusal(501, "MethodNotImplemented");
}

std::string BlueskyNetwork::Session(const ServedRequest& request) {
  if (request.target.ends_with("createSession")) {
    if (request.body != R"({"identifier":"ana.test","password":")" + password + R"("})") {
      return Refusal(401, "AuthenticationRequired");
    }
  } else if (request.headers.at("authorization") != "Bearer refresh" + std::to_string(session_)) {
    return Refusal(400, "ExpiredToken");
  }
  const std::string number = std::to_string(++session_);
  used_ = 0;
  return Json(R"({"did":")" + DidOf("ana") + R"(","handle":"ana.test","accessJwt":"access)" +
              number + R"(","refreshJwt":"refresh)" + number +
              R"(","active":true,"didDoc":{"id":"x","service":[{"id":"#atproto_pds",)" +
              R"("type":"AtprotoPersonalDataServer","serviceEndpoint":")" + server_.Url("") +
              R"("}]}})");
}

std::string BlueskyNetwork::View(const Record& record) const {
  const auto replies = replies_.find(record.Uri());
  std::size_t count = 0;
  if (replies != replies_.end()) {
    for (const std::string& uri : replies->second) count += records_.at(uri).in_view ? 1U : 0U;
  }
  return R"({"uri":)" + Quoted(record.Uri()) + R"(,"cid":")" + record.Cid() +
         R"(","author":{"did":")" + record.did + R"(","handle":")" + HandleOf(record.did) +
         R"(","viewer":{"muted":false}},"record":)" + record.Json() + R"(,"replyCount":)" +
         std::to_string(count) + R"(,"indexedAt":")" + FormatTime(record.indexed) + R"("})";
}

std::string BlueskyNetwork::Search(const Query& query) {
  const auto get = [&](const std::string& key) {
    const auto found = query.find(key);
    return found == query.end() ? std::string() : found->second;
  };
  const std::string tag = Lower(get("q").substr(1));
  std::vector<const Record*> hits;
  for (const auto& [uri, record] : records_) {
    if (!record.in_view) continue;
    const bool tagged = std::any_of(record.tags.begin(), record.tags.end(),
                                    [&](const std::string& t) { return Lower(t) == tag; });
    if (!tagged) continue;
    if (!ignores_times) {
      const auto since = ParseTime(get("since"));
      const auto until = ParseTime(get("until"));
      if (since && SortTime(record) < *since) continue;
      if (until && SortTime(record) >= *until) continue;
    }
    hits.push_back(&record);
  }
  std::sort(hits.begin(), hits.end(), [](const Record* a, const Record* b) {
    return std::pair(SortTime(*a), a->rkey) > std::pair(SortTime(*b), b->rkey);
  });
  if (reachable > 0 && hits.size() > reachable) hits.resize(reachable);
  const std::size_t begin = get("cursor").empty() ? 0 : std::stoul(get("cursor"));
  const std::size_t end = std::min(hits.size(), begin + std::stoul(get("limit")));
  std::string out = R"({"posts":[)";
  for (std::size_t i = begin; i < end; ++i) {
    if (i > begin) out += ",";
    out += View(*hits[i]);
  }
  out += "]";
  if (end < hits.size())
    out += R"(,"cursor":")" + std::to_string(repeats_cursor ? begin : end) + "\"";
  return Json(out + "}");
}

std::string BlueskyNetwork::Node(const Record& record, int depth) const {
  if (record.blocked) {
    return R"({"$type":"app.bsky.feed.defs#blockedPost","blocked":true,"uri":)" +
           Quoted(record.Uri()) + R"(,"author":{"did":")" + record.did + R"("}})";
  }
  std::string out = R"({"$type":"app.bsky.feed.defs#threadViewPost","post":)" + View(record);
  if (depth > 0) {
    out += R"(,"replies":[)";
    bool first = true;
    const auto replies = replies_.find(record.Uri());
    if (replies != replies_.end()) {
      for (const std::string& uri : replies->second) {
        if (!records_.at(uri).in_view) continue;
        if (!std::exchange(first, false)) out += ",";
        out += Node(records_.at(uri), depth - 1);
      }
    }
    out += "]";
  }
  return out + "}";
}

std::string BlueskyNetwork::Thread(const Query& query) {
  const auto found = records_.find(query.at("uri"));
  if (found == records_.end() || !found->second.in_view) return Refusal(400, "NotFound");
  int depth = std::stoi(query.at("depth"));
  if (depth_max > 0) depth = std::min(depth, depth_max);
  std::string node = Node(found->second, depth);
  // The chain of parents, up to one that is not there.
  std::string parents;
  std::string ends;
  for (std::string uri = found->second.parent; !uri.empty();) {
    const Record& parent = records_.at(uri);
    if (!parent.in_view) {
      parents += R"(,"parent":{"$type":"app.bsky.feed.defs#notFoundPost","notFound":true,"uri":)" +
                 Quoted(uri) + "}";
      break;
    }
    parents += R"(,"parent":{"$type":"app.bsky.feed.defs#threadViewPost","post":)" + View(parent);
    ends += "}";
    uri = parent.parent;
  }
  node.insert(node.size() - 1, parents + ends);
  return Json(R"({"thread":)" + node + "}");
}

std::string BlueskyNetwork::Origin(const std::string& path, const Query& query) {
  if (path.starts_with("/plc/")) {
    return Json(R"({"id":")" + path.substr(5) +
                R"(","service":[{"id":"#atproto_pds","type":"AtprotoPersonalDataServer",)" +
                R"("serviceEndpoint":")" + server_.Url("") + R"("}]})");
  }
  if (path.ends_with("getRepoStatus")) {
    if (repo_status == "RepoNotFound") return Refusal(400, repo_status);
    const bool active = repo_status == "active";
    return Json(R"({"did":")" + query.at("did") + R"(","active":)" + (active ? "true" : "false") +
                R"(,"status":")" + repo_status + R"("})");
  }
  const std::string uri =
      "at://" + query.at("repo") + "/" + query.at("collection") + "/" + query.at("rkey");
  const auto found = records_.find(uri);
  if (found == records_.end() || !found->second.in_repo) return Refusal(400, "RecordNotFound");
  return Json(R"({"uri":")" + uri + R"(","cid":"x","value":)" + found->second.Json() + "}");
}

}  // namespace latecomer::test
