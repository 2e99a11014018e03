#include "tests/ingest/x_test_server.h"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "ingest/x_post.h"
#include "tests/ingest/x_test_server_text.h"

namespace latecomer::test {
namespace {

using namespace std::chrono_literals;

constexpr TimeMs kXEpochMs = 1'288'834'974'657;
constexpr TimeMs kWindowMs = 900'000;
constexpr TimeMs kWeekMs = 7 * 86'400'000LL;

}  // namespace

XServer::XServer(TimeMs time)
    : now(time),
      server_(std::make_unique<TestServer>(
          [this](const ServedRequest& request, Peer& peer) { Handle(request, peer); })) {}

std::string XServer::Id(TimeMs at) {
  const std::scoped_lock lock(mutex_);
  return std::to_string((static_cast<std::uint64_t>(at - kXEpochMs) << 22U) |
                        (++sequence_ & 0x3FFFFFU));
}

std::string XServer::Post(XTweet tweet) {
  const std::scoped_lock lock(mutex_);
  if (tweet.at == 0) tweet.at = ServerNow();
  if (tweet.id.empty()) tweet.id = Id(tweet.at);
  if (tweet.versions.empty()) tweet.versions = {tweet.id};
  if (tweet.conversation.empty()) tweet.conversation = tweet.id;
  const std::string id = tweet.id;
  order_.push_back(id);
  tweets_[id] = std::move(tweet);
  return id;
}

std::string XServer::Edit(const std::string& id, const std::string& text, TimeMs at) {
  const std::scoped_lock lock(mutex_);
  XTweet edited = tweets_.at(id);
  const bool is_root = edited.conversation == id;
  edited.at = at;
  edited.id = Id(at);
  edited.text = text;
  if (is_root) edited.conversation = edited.id;
  edited.versions.push_back(edited.id);
  for (const std::string& version : edited.versions) {
    if (version != edited.id) tweets_.at(version).versions = edited.versions;
  }
  return Post(std::move(edited));
}

void XServer::Delete(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  for (const std::string& version : tweets_.at(id).versions) tweets_.at(version).deleted = true;
}

void XServer::Protect(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  tweets_.at(id).is_protected = true;
}

std::vector<std::string> XServer::violations() {
  const std::scoped_lock lock(mutex_);
  return violations_;
}

std::vector<std::string> XServer::StreamedSince(std::size_t number) {
  const std::scoped_lock lock(mutex_);
  return {streamed_.begin() + static_cast<std::ptrdiff_t>(number), streamed_.end()};
}

std::map<std::string, std::string> XServer::rules() {
  const std::scoped_lock lock(mutex_);
  std::map<std::string, std::string> all;
  for (const auto& [id, rule] : rule_store_) all[rule.text] = rule.quoted;
  return all;
}

void XServer::AddRule(const std::string& value, const std::string& tag) {
  const std::scoped_lock lock(mutex_);
  XTweet rule;
  rule.text = value;
  rule.quoted = tag;
  rule_store_[std::to_string(1'000 + ++sequence_)] = rule;
}

std::string XServer::Answer(int status, const std::string& body) {
  std::vector<std::string> headers = {"Content-Type: application/json; charset=utf-8",
                                      "Date: " + HttpDate(ServerNow())};
  if (!limit_headers_.empty()) {
    for (const std::string& header : Split(limit_headers_, "|")) headers.push_back(header);
  }
  if (status == 429) ++refused_;
  return Reply(status, body, headers);
}

std::string XServer::Wrong(const std::string& what) {
  violations_.push_back(what);
  return Answer(400, R"({"errors":[{"message":"no"}],"title":"Invalid Request","detail":"no",)"
                     R"("type":"https://api.twitter.com/2/problems/invalid-request"})");
}

bool XServer::Spend(const std::string& limit, std::uint32_t most, std::string& headers) {
  Window& window = windows_[limit];
  const TimeMs begin = ServerNow() - ServerNow() % kWindowMs;
  if (window.begin != begin) window = {begin, 0};
  const bool fine = window.used < most;
  if (fine) ++window.used;
  if (!fine) violations_.push_back("more than the limit of " + limit);
  headers = "x-rate-limit-limit: " + std::to_string(most) +
            "|x-rate-limit-remaining: " + std::to_string(most - window.used) +
            "|x-rate-limit-reset: " + std::to_string((begin + kWindowMs) / 1000);
  return fine;
}

void XServer::Handle(const ServedRequest& request, Peer& peer) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  const Query query = QueryOf(request.target);
  ++requests_;
  std::string reply;
  {
    const std::scoped_lock lock(mutex_);
    limit_headers_.clear();
    const auto auth = request.headers.find("authorization");
    if (auth == request.headers.end() || auth->second != "Bearer secret-token") {
      reply = Answer(401, R"({"title":"Unauthorized","type":"about:blank","status":401})");
    } else if (!garbage.empty()) {
      reply = std::exchange(garbage, "");
    } else if (is_capped) {
      limit_headers_ = "x-rate-limit-limit: 450|x-rate-limit-remaining: 449";
      reply = Answer(429, R"({"title":"UsageCapExceeded","period":"Monthly","scope":"Product",)"
                          R"("detail":"Usage cap exceeded: Monthly product cap",)"
                          R"("type":"https://api.twitter.com/2/problems/usage-capped"})");
    } else if (path == "/2/tweets/search/recent" || path == "/2/tweets/search/all") {
      const bool all = path.ends_with("all");
      if (!Spend(path, all ? 300 : recent_limit, limit_headers_)) {
        reply = Answer(429, R"({"title":"Too Many Requests","type":"about:blank","status":429})");
      } else if (all && last_all_ != 0 && now - last_all_ < 1'000) {
        violations_.push_back("search/all more than once a second");
        reply = Answer(429, R"({"title":"Too Many Requests","type":"about:blank","status":429})");
      } else {
        last_all_ = now;
        reply = Search(query, all);
      }
    } else if (path == "/2/tweets") {
      if (!Spend(path, lookup_limit, limit_headers_)) {
        reply = Answer(429, R"({"title":"Too Many Requests","type":"about:blank","status":429})");
      } else {
        reply = Lookup(query);
      }
    } else if (path == "/2/tweets/counts/recent") {
      reply = Answer(200, R"({"data":[],"meta":{"total_tweet_count":12}})");
    } else if (path == "/2/tweets/search/stream/rules") {
      reply = request.method == "POST" ? ChangeRules(request.body) : ListRules();
    } else if (path == "/2/tweets/search/stream") {
      if (stream_forbidden) {
        reply = Answer(403, R"({"title":"Client Forbidden","type":"x/client-forbidden"})");
      } else if (open_streams_ > 0) {
        violations_.push_back("two streams");
        reply = Answer(429, R"({"title":"ConnectionException","type":"x/streaming-connection"})");
      } else if (rule_store_.empty()) {
        reply = Answer(409, R"({"title":"ConnectionException","detail":"no rules"})");
      }
    } else {
      violations_.push_back("unknown path");
      reply = Answer(404, "{}");
    }
  }
  if (!reply.empty()) {
    peer.Send(reply);
    return;
  }
  Stream(peer);
}

bool XServer::Matches(const XTweet& tweet, const std::string& query) const {
  for (const std::string& term : Split(query, " OR ")) {
    if (term.starts_with("#")) {
      const auto& tags = !tweet.retweeted.empty() ? tweets_.at(tweet.retweeted).tags : tweet.tags;
      if (std::find(tags.begin(), tags.end(), term.substr(1)) != tags.end()) return true;
    } else if (term.starts_with("conversation_id:")) {
      // The root itself does not match.
      const std::string id = term.substr(16);
      if (tweet.conversation == id && tweet.id != id) return true;
    }
  }
  return false;
}

std::string XServer::Json(const XTweet& tweet) const {
  std::string json =
      "{\"id\":" + Quoted(tweet.id) + ",\"author_id\":" + Quoted(tweet.author) +
      ",\"text\":" + Quoted(tweet.text) +
      ",\"lang\":\"en\",\"created_at\":" + Quoted(FormatTime(tweet.at / 1000 * 1000)) +
      ",\"conversation_id\":" + Quoted(tweet.conversation) + ",\"edit_history_tweet_ids\":[";
  for (std::size_t i = 0; i < tweet.versions.size(); ++i) {
    json += (i > 0 ? "," : "") + Quoted(tweet.versions[i]);
  }
  json += "],\"entities\":{\"hashtags\":[";
  for (std::size_t i = 0; i < tweet.tags.size(); ++i) {
    json += std::string(i > 0 ? "," : "") + "{\"tag\":" + Quoted(tweet.tags[i]) + "}";
  }
  json += "]}";
  std::string references;
  for (const auto& [type, id] :
       {std::pair<std::string, std::string>{"replied_to", tweet.replied_to},
        {"quoted", tweet.quoted},
        {"retweeted", tweet.retweeted}}) {
    if (id.empty()) continue;
    if (!references.empty()) references += ",";
    references += "{\"type\":" + Quoted(type) + ",\"id\":" + Quoted(id) + "}";
  }
  if (!references.empty()) json += ",\"referenced_tweets\":[" + references + "]";
  return json + "}";
}

std::string XServer::Page(const std::vector<const XTweet*>& tweets, const std::string& rest) const {
  std::string data;
  std::string included;
  std::string errors;
  std::set<std::string> has;
  for (const XTweet* tweet : tweets) {
    data += (data.empty() ? "" : ",") + Json(*tweet);
    for (const std::string& id : {tweet->replied_to, tweet->quoted, tweet->retweeted}) {
      if (id.empty() || !has.insert(id).second) continue;
      const auto found = tweets_.find(id);
      if (found == tweets_.end() || found->second.deleted || found->second.is_protected) {
        errors +=
            (errors.empty() ? "" : ",") + std::string("{\"resource_type\":\"tweet\",") +
            "\"parameter\":\"referenced_tweets.id\",\"resource_id\":" + Quoted(id) +
            R"(,"title":"Not Found Error","type":"https://api.twitter.com/2/problems/)" +
            (found != tweets_.end() && found->second.is_protected ? "not-authorized-for-resource\"}"
                                                                  : "resource-not-found\"}");
        continue;
      }
      included += (included.empty() ? "" : ",") + Json(found->second);
    }
  }
  std::string body = "{";
  if (!data.empty()) body += "\"data\":[" + data + "],";
  body += R"("includes":{"users":[{"id":"7","name":"Ana","username":"ana"}])";
  if (!included.empty()) body += ",\"tweets\":[" + included + "]";
  body += "}";
  if (!errors.empty()) body += ",\"errors\":[" + errors + "]";
  return body + rest + "}";
}

std::string XServer::Search(const Query& query, bool all) {
  const auto get = [&](const char* name) {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  };
  const std::string text = get("query");
  if (text.empty() || text.size() > (all ? 1024U : 512U)) return Wrong("length of the query");
  if (get("max_results") != (all ? "500" : "100")) return Wrong("max_results");
  if (get("expansions").find("referenced_tweets.id") == std::string::npos)
    return Wrong("expansions");
  TimeMs start = all ? ServerNow() - 30 * 86'400'000LL : ServerNow() - kWeekMs;
  TimeMs end = ServerNow() - index_behind;
  const std::string start_text = get("start_time");
  if (!start_text.empty()) {
    const auto time = ParseTime(start_text);
    if (!time || *time > ServerNow() - 10'000) return Wrong("start_time within the last 10 s");
    if (!all && *time < ServerNow() - kWeekMs) return Wrong("start_time more than 7 days ago");
    if (all && *time < 1'142'899'200'000) return Wrong("start_time before X");
    start = *time;
  }
  if (const std::string end_text = get("end_time"); !end_text.empty()) {
    const auto time = ParseTime(end_text);
    if (!time || *time > ServerNow() - 10'000) return Wrong("end_time within the last 10 s");
    if (*time <= start) return Wrong("end_time before start_time");
    end = std::min(end, *time);
  }
  std::string before;
  if (const std::string token = get("next_token"); !token.empty()) {
    const auto known = tokens_.find(token);
    if (known == tokens_.end() || known->second.first != text + start_text + get("end_time")) {
      return Wrong("a token of another search");
    }
    before = known->second.second;
  }
  std::vector<const XTweet*> found;
  for (auto tweet = tweets_.rbegin(); tweet != tweets_.rend(); ++tweet) {
    const XTweet& one = tweet->second;
    const bool is_last = one.versions.back() == one.id || one.at > now - 60'000;
    if (one.deleted || one.is_protected || one.at < start || one.at >= end || !is_last) continue;
    if (!before.empty() && one.id >= before) continue;
    if (Matches(one, text)) found.push_back(&one);
  }
  const bool has_more = found.size() > page_max;
  if (has_more) found.resize(page_max);
  std::string meta = ",\"meta\":{\"result_count\":" + std::to_string(found.size());
  if (has_more || has_endless_pages) {
    std::string token = "t" + std::to_string(++sequence_);
    std::string next = found.empty() ? before : found.back()->id;
    if (repeats_tokens) {
      token = "again";
      next.clear();
    }
    tokens_[token] = {text + start_text + get("end_time"), next};
    meta += ",\"next_token\":" + Quoted(token);
  }
  return Answer(200, Page(found, meta + "}"));
}

std::string XServer::Lookup(const Query& query) {
  const auto ids = query.find("ids");
  if (ids == query.end()) return Wrong("no ids");
  std::vector<const XTweet*> found;
  std::string errors;
  const std::vector<std::string> list = Split(ids->second, ",");
  if (list.size() > 100) return Wrong("more than 100 ids");
  for (const std::string& id : list) {
    const auto tweet = tweets_.find(id);
    if (tweet != tweets_.end() && !tweet->second.deleted && !tweet->second.is_protected) {
      found.push_back(&tweet->second);
      continue;
    }
    const bool hidden = tweet != tweets_.end() && tweet->second.is_protected;
    errors += (errors.empty() ? "" : ",") +
              std::string(R"({"resource_type":"tweet","parameter":"ids","resource_id":)") +
              Quoted(id) + R"(,"title":"x","type":"https://api.x.com/2/problems/)" +
              (hidden ? "not-authorized-for-resource\"}" : "resource-not-found\"}");
  }
  std::string page = Page(found, "");
  if (!errors.empty()) {
    page.pop_back();
    const std::size_t own = page.find(",\"errors\":[");
    page = own == std::string::npos ? page + ",\"errors\":[" + errors + "]}"
                                    : page.insert(own + 11, errors + ",") + "}";
  }
  return Answer(200, page);
}

}  // namespace latecomer::test
