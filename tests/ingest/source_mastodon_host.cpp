#include "tests/ingest/source_mastodon_host.h"

#include <algorithm>
#include <stdexcept>

namespace latecomer::test {
namespace {

constexpr TimeMs kFiveMinutes = 300'000;
constexpr TimeMs kQuarter = 900'000;

std::string Quoted(const std::string& text) { return "\"" + text + "\""; }

HostReply Error(int status, const std::string& text) {
  return {status, R"({"error":")" + text + "\"}", {"Content-Type: application/json"}};
}

int Hex(char c) { return c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0'; }

std::string Decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(Hex(text[i + 1]) * 16 + Hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::size_t Count(std::deque<TimeMs>& times, TimeMs now, TimeMs per) {
  while (!times.empty() && times.front() <= now - kQuarter) times.pop_front();
  return static_cast<std::size_t>(
      std::count_if(times.begin(), times.end(), [&](TimeMs time) { return time > now - per; }));
}

}  // namespace

MastodonHost::MastodonHost(std::string name, Kind kind) : name_(std::move(name)), kind_(kind) {
  if (kind == Kind::kGoToSocial) version = "0.17.3+git-abc";
  if (kind == Kind::kPleroma) version = "2.7.2 (compatible; Pleroma 2.6.0)";
  if (kind == Kind::kPixelfed) version = "3.5.3 (compatible; Pixelfed 0.12.4)";
  if (kind == Kind::kGoToSocial || kind == Kind::kPixelfed) wants_token = true;
}

// Mastodon: ms << 16 | sequence. GoToSocial: a ULID. Pleroma: by arrival, not by age.
std::string MastodonHost::MakeId(TimeMs created) {
  ++sequence_;
  if (kind_ == Kind::kGoToSocial) {
    constexpr char kDigits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::string id(26, '0');
    auto time = static_cast<std::uint64_t>(created);
    for (std::size_t i = 10; i-- > 0; time >>= 5U) id[i] = kDigits[time & 31U];
    std::uint64_t rest = sequence_;
    for (std::size_t i = 26; i-- > 10; rest >>= 5U) id[i] = kDigits[rest & 31U];
    return id;
  }
  if (kind_ == Kind::kPleroma) {
    std::string id = std::to_string(sequence_);
    return "AZ" + std::string(10 - id.size(), '0') + id;
  }
  return std::to_string((static_cast<std::uint64_t>(created) << 16U) | (sequence_ & 0xFFFFU));
}

bool MastodonHost::Before(const std::string& a, const std::string& b) const {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::string MastodonHost::Post(const std::string& text, const std::vector<std::string>& tags,
                               const std::string& parent, TimeMs created, const std::string& from) {
  HostStatus status;
  status.created = created == 0 ? now : created;
  status.id = MakeId(status.created);
  const std::string host = from.empty() ? "http://" + name_ : "https://" + from;
  status.uri = host + "/users/ana/statuses/" + (from.empty() ? "" : "r") + status.id;
  status.text = text;
  status.tags = tags;
  status.parent = parent;
  const std::size_t number = statuses_.size();
  index_[status.id] = number;
  if (!parent.empty()) children_[parent].push_back(number);
  statuses_.push_back(status);
  for (const std::string& tag : tags) {
    std::vector<std::size_t>& list = tagged_[tag];
    list.insert(std::upper_bound(list.begin(), list.end(), number,
                                 [&](std::size_t a, std::size_t b) {
                                   return Before(statuses_[a].id, statuses_[b].id);
                                 }),
                number);
  }
  Send(status, "update", Json(status));
  return status.id;
}

HostStatus& MastodonHost::At(const std::string& id) { return statuses_.at(index_.at(id)); }

void MastodonHost::Edit(const std::string& id, const std::string& text) {
  HostStatus& status = At(id);
  status.text = text;
  status.edited = now;
  Send(status, "status.update", Json(status));
}

void MastodonHost::Delete(const std::string& id) {
  HostStatus& status = At(id);
  status.is_deleted = true;
  for (const std::size_t reply : ChildrenOf(id)) statuses_[reply].parent.clear();
  children_.erase(id);
  Send(status, "delete", id);
}

void MastodonHost::Send(const HostStatus& status, const std::string& event,
                        const std::string& data) {
  for (Stream& stream : streams) {
    if (stream.is_over ||
        std::find(status.tags.begin(), status.tags.end(), stream.tag) == status.tags.end()) {
      continue;
    }
    stream.bytes += "event: " + event + "\ndata: " + data + "\n\n";
  }
}

const std::vector<std::size_t>& MastodonHost::ChildrenOf(const std::string& id) const {
  static const std::vector<std::size_t> kNone;
  const auto found = children_.find(id);
  return found == children_.end() ? kNone : found->second;
}

std::string MastodonHost::Json(const HostStatus& status) const {
  const std::vector<std::size_t>& replies = ChildrenOf(status.id);
  const auto children = std::count_if(replies.begin(), replies.end(), [&](std::size_t reply) {
    return !statuses_[reply].is_deleted;
  });
  const std::string host = status.uri.substr(0, status.uri.find("/users/"));
  const bool is_own = host == "http://" + name_;
  std::string tags;
  for (const std::string& tag : status.tags) {
    tags +=
        (tags.empty() ? "" : ",") + (R"({"name":")" + tag + R"(","url":"https://x.example/t"})");
  }
  const std::string acct = status.author + (is_own ? "" : "@" + host.substr(host.find("://") + 3));
  return R"({"id":")" + status.id + R"(","created_at":")" + FormatTime(status.created) +
         R"(","in_reply_to_id":)" + (status.parent.empty() ? "null" : Quoted(status.parent)) +
         R"(,"sensitive":false,"spoiler_text":"","visibility":")" + status.visibility +
         R"(","language":"en","uri":")" + status.uri + R"(","url":")" + host + "/@" +
         status.author + "/" + status.id + R"(","replies_count":)" + std::to_string(children) +
         R"(,"edited_at":)" + (status.edited == 0 ? "null" : Quoted(FormatTime(status.edited))) +
         R"(,"content":"<p>)" + status.text + R"(</p>","reblog":null,"account":{"id":"1",)" +
         R"("username":")" + status.author + R"(","acct":")" + acct + R"(","display_name":"Ana",)" +
         R"("uri":")" + host + "/users/" + status.author + R"(","url":")" + host + "/@" +
         status.author + R"(","avatar":")" + host + R"(/a.png","fields":[],"emojis":[]},)" +
         R"("media_attachments":[],"mentions":[],"tags":[)" + tags +
         R"(],"emojis":[],"card":null,"poll":null})";
}

std::string MastodonHost::List(const std::vector<const HostStatus*>& statuses) const {
  std::string list = "[";
  for (const HostStatus* status : statuses) {
    if (list.size() > 1) list += ',';
    list += Json(*status);
  }
  return list + "]";
}

HostReply MastodonHost::TagTimeline(const HostRequest& request, const std::string& tag) const {
  const auto option = [&](const char* name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::string() : found->second;
  };
  const std::string min_id = option("min_id");
  const std::string max_id = option("max_id");
  const std::size_t limit =
      std::min<std::size_t>(40, option("limit").empty() ? 20 : std::stoul(option("limit")));
  std::vector<const HostStatus*> found;  // newest first
  const auto list = tagged_.find(tag);
  for (std::size_t i = list == tagged_.end() ? 0 : list->second.size(); i-- > 0;) {
    const HostStatus& status = statuses_[list->second[i]];
    if (status.is_deleted || status.visibility != "public") continue;
    if (kind_ == Kind::kGoToSocial && !status.parent.empty()) continue;
    if (!min_id.empty() && !Before(min_id, status.id)) break;
    if (!max_id.empty() && !Before(status.id, max_id)) continue;
    found.push_back(&status);
  }
  // With min_id the oldest of those above it, but not on Pixelfed.
  const bool oldest = !min_id.empty() && kind_ != Kind::kPixelfed;
  if (found.size() > limit) {
    if (oldest) {
      found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(limit));
    } else {
      found.resize(limit);
    }
  }
  return {200, List(found), {"Content-Type: application/json"}};
}

HostReply MastodonHost::Context(const std::string& id, bool is_known) const {
  const bool is_bounded = kind_ == Kind::kMastodon && !is_known;
  const std::size_t up = is_bounded ? 40 : 4'096;
  const std::size_t down = is_bounded ? 60 : 4'096;
  const std::size_t depth_max = is_bounded ? 20 : 4'096;
  std::vector<const HostStatus*> ancestors;
  for (const HostStatus* at = &statuses_[index_.at(id)];
       !at->parent.empty() && ancestors.size() < up;) {
    at = &statuses_[index_.at(at->parent)];
    if (!at->is_deleted && at->visibility != "direct") ancestors.insert(ancestors.begin(), at);
  }
  std::vector<const HostStatus*> descendants;
  std::function<void(const std::string&, std::size_t)> walk = [&](const std::string& parent,
                                                                  std::size_t depth) {
    if (depth >= depth_max) return;
    for (const std::size_t number : ChildrenOf(parent)) {
      const HostStatus* child = &statuses_[number];
      if (descendants.size() >= down) return;
      if (child->is_deleted || child->visibility == "direct") continue;
      descendants.push_back(child);
      walk(child->id, depth + 1);
    }
  };
  walk(id, 1);
  return {200,
          R"({"ancestors":)" + List(ancestors) + R"(,"descendants":)" + List(descendants) + "}",
          {"Content-Type: application/json"}};
}

HostRequest MastodonHost::Parse(const std::string& target) {
  HostRequest request;
  request.target = target;
  const std::size_t mark = target.find('?');
  request.path = Decoded(target.substr(0, mark));
  for (std::size_t at = mark; at != std::string::npos;) {
    const std::size_t next = target.find('&', at + 1);
    const std::string pair = target.substr(at + 1, next - at - 1);
    const std::size_t equals = pair.find('=');
    request.query[pair.substr(0, equals)] =
        equals == std::string::npos ? "" : Decoded(pair.substr(equals + 1));
    at = next;
  }
  return request;
}

// Counts in any stretch, which is stricter than Mastodon's windows that begin anew on the clock.
std::optional<HostReply> MastodonHost::Limit(const HostRequest& request,
                                             std::vector<std::string>& headers) {
  const bool is_paging = request.query.contains("min_id") || request.query.contains("max_id") ||
                         request.query.contains("since_id");
  times_.push_back(now);
  ++requests;
  if (is_paging) {
    paging_times_.push_back(now);
    ++paging_requests;
  }
  const std::size_t all = Count(times_, now, kFiveMinutes);
  const std::size_t paging = Count(paging_times_, now, kQuarter);
  most_in_5min = std::max(most_in_5min, all);
  most_paging_in_15min = std::max(most_paging_in_15min, paging);
  const std::size_t used = is_paging ? std::max(all, paging) : all;
  const TimeMs per = is_paging && paging >= all ? kQuarter : kFiveMinutes;
  headers.push_back("X-RateLimit-Limit: 300");
  headers.push_back("X-RateLimit-Remaining: " + std::to_string(used > 300 ? 0 : 300 - used));
  headers.push_back("X-RateLimit-Reset: " + FormatTime(now + per - now % per));
  if (!has_limits || used <= 300) return std::nullopt;
  ++refused;
  HostReply reply = Error(429, "Too many requests");
  reply.headers.insert(reply.headers.end(), headers.begin(), headers.end());
  return reply;
}

HostReply MastodonHost::Answer(const HostRequest& request) {
  const std::scoped_lock lock(mutex);
  ++by_path[request.path];
  std::vector<std::string> headers;
  if (std::optional<HostReply> limited = Limit(request, headers)) return *limited;
  if (fault) {
    if (std::optional<HostReply> reply = fault(request)) return *reply;
  }
  if (request.user_agent.empty())
    return Error(418, "I'm a teapot: no user-agent sent with request");
  const bool is_known = !token.empty() && request.authorization == "Bearer " + token;
  if (!request.authorization.empty() && !is_known) {
    return Error(401, "The access token is invalid");
  }
  HostReply reply = Error(404, "Record not found");
  const std::string statuses = "/api/v1/statuses/";
  const std::string tags = "/api/v1/timelines/tag/";
  const bool is_pixelfed = kind_ == Kind::kPixelfed;
  if (request.path == "/api/v2/instance" && !is_pixelfed) {
    reply = {
        200,
        R"({"domain":"x","version":")" + version + R"(","source_url":")" +
            (kind_ == Kind::kGoToSocial ? "https://codeberg.org/superseriousbusiness/gotosocial"
                                        : "https://x.example") +
            R"(","configuration":{"urls":{"streaming":")" + streaming + R"("}}})",
        {"Content-Type: application/json"}};
  } else if (request.path == "/api/v1/instance") {
    reply = {
        200, R"({"uri":"x","version":")" + version + "\"}", {"Content-Type: application/json"}};
  } else if (wants_token && !is_known) {
    reply = Error(401, "Unauthorized: token not supplied");
  } else if (request.path == "/api/v1/accounts/verify_credentials" && is_known) {
    reply = {200, R"({"id":"9","acct":"reader"})", {"Content-Type: application/json"}};
  } else if (request.path.starts_with(tags)) {
    reply = TagTimeline(request, request.path.substr(tags.size()));
  } else if (request.path.starts_with(statuses)) {
    std::string id = request.path.substr(statuses.size());
    const bool is_context = id.ends_with("/context");
    if (is_context) id.resize(id.size() - 8);
    const auto found = index_.find(id);
    const bool is_there = found != index_.end() && !statuses_[found->second].is_deleted &&
                          statuses_[found->second].visibility != "direct";
    if (is_there && is_context) reply = Context(id, is_known);
    if (is_there && !is_context) {
      reply = {200, Json(statuses_[found->second]), {"Content-Type: application/json"}};
    }
  }
  reply.headers.insert(reply.headers.end(), headers.begin(), headers.end());
  return reply;
}

}  // namespace latecomer::test
