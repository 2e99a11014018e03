// A small Viva Engage: its message feeds as the documentation has them, in simulated time, with its
// limits: 10 requests in 30 s, and no more than a poll a minute.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "tests/ingest/http_test_server.h"

namespace latecomer::test {

struct EngagePost {
  std::int64_t id = 0;
  std::int64_t thread = 0;
  std::int64_t replied_to = 0;
  std::string group = "1";
  std::string text;
  bool has_topic = false;  // its thread has the topic 77, "tag"
  TimeMs at = 0;
};

class EngageServer {
 public:
  explicit EngageServer(TimeMs time)
      : now(time),
        server_(std::make_unique<TestServer>(
            [this](const ServedRequest& request, Peer& peer) { peer.Send(Handle(request)); })) {}

  std::string base() const { return server_->Url(""); }
  std::int64_t Post(EngagePost post) {
    const std::scoped_lock lock(mutex_);
    post.id = 1'000 + ++count_;
    if (post.thread == 0) post.thread = post.id;
    if (post.at == 0) post.at = now;
    posts_[post.id] = post;
    return post.id;
  }
  void Edit(std::int64_t id, const std::string& text) {
    const std::scoped_lock lock(mutex_);
    posts_.at(id).text = text;
  }
  void Delete(std::int64_t id) {
    const std::scoped_lock lock(mutex_);
    posts_.erase(id);
  }
  std::vector<std::string> violations() {
    const std::scoped_lock lock(mutex_);
    return violations_;
  }
  std::uint64_t requests() const { return requests_; }

  std::atomic<TimeMs> now;
  std::string garbage;  // instead of the next answer
  bool has_endless_pages = false;

 private:
  static std::string Parameter(const std::string& target, const std::string& name) {
    const std::size_t at = target.find(name + "=");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 1;
    return target.substr(begin, target.find('&', begin) - begin);
  }

  std::string Handle(const ServedRequest& request) {
    const std::scoped_lock lock(mutex_);
    ++requests_;
    if (request.headers.at("authorization") != "Bearer secret-token") {
      return Reply(401, R"({"response":{"message":"Token not found.","code":16,"stat":"fail"}})");
    }
    const TimeMs time = now;
    while (!times_.empty() && times_.front() <= time - 30'000) times_.pop_front();
    if (times_.size() >= 10) {
      violations_.push_back("more than 10 requests in 30 s");
      return Reply(429, "");
    }
    times_.push_back(time);
    if (!garbage.empty()) return std::exchange(garbage, "");
    return Answer(request.target);
  }

  std::string Answer(const std::string& target) {
    const std::string prefix = "/api/v1/messages/";
    const std::string path = target.substr(0, target.find('?'));
    const std::string older = Parameter(target, "older_than");
    const std::string newer = Parameter(target, "newer_than");
    std::string number = path.substr(path.rfind('/') + 1);
    number = number.substr(0, number.find('.'));
    const bool is_thread = path.starts_with(prefix + "in_thread/");
    if (!is_thread && !newer.empty() && older.empty()) {
      if (last_poll_ != 0 && now - last_poll_ < 60'000) violations_.push_back("polls too often");
      last_poll_ = now;
    }
    const bool is_feed = is_thread || path.starts_with(prefix + "in_group/") ||
                         path.starts_with(prefix + "about_topic/") ||
                         path == "/api/v1/messages.json";
    if (!is_feed) {
      const auto found = posts_.find(std::stoll(number));
      return found == posts_.end() ? Reply(404, "") : Reply(200, Json(found->second));
    }
    std::vector<const EngagePost*> found;
    for (auto post = posts_.rbegin(); post != posts_.rend(); ++post) {
      const EngagePost& one = post->second;
      if (is_thread && std::to_string(one.thread) != number) continue;
      if (path.starts_with(prefix + "in_group/") && one.group != number) continue;
      if (path.starts_with(prefix + "about_topic/") && !one.has_topic) continue;
      if (!older.empty() && one.id >= std::stoll(older)) continue;
      if (!newer.empty() && one.id <= std::stoll(newer)) continue;
      found.push_back(&one);
    }
    if (is_thread && found.empty() && older.empty()) return Reply(404, "");
    const bool has_more = found.size() > 20;
    if (has_more) found.resize(20);
    std::string messages;
    std::string references = R"({"type":"user","id":7,"name":"ana","full_name":"Ana"})";
    references += R"(,{"type":"topic","id":77,"name":"Tag"})";
    for (const EngagePost* post : found) {
      messages += (messages.empty() ? "" : ",") + Json(*post);
      references += ",{\"type\":\"thread\",\"id\":" + std::to_string(post->thread) +
                    ",\"topics\":[" + (post->has_topic ? R"({"type":"topic","id":77})" : "") + "]}";
    }
    return Reply(200,
                 "{\"messages\":[" + messages + "],\"references\":[" + references +
                     "],\"meta\":{\"older_available\":" +
                     (has_more || has_endless_pages ? "true" : "false") + "}}",
                 {"Content-Type: application/json"});
  }

  static std::string Json(const EngagePost& post) {
    std::string time = FormatTime(post.at).substr(0, 19);
    time[4] = time[7] = '/';
    time[10] = ' ';
    return "{\"id\":" + std::to_string(post.id) + ",\"thread_id\":" + std::to_string(post.thread) +
           ",\"sender_id\":7,\"created_at\":\"" + time + " +0000\",\"replied_to_id\":" +
           (post.replied_to > 0 ? std::to_string(post.replied_to) : "null") +
           ",\"privacy\":\"public\",\"direct_message\":false,\"web_url\":"
           "\"https://www.yammer.com/x.example/messages/" +
           std::to_string(post.id) + "\",\"body\":{\"plain\":\"" + post.text + "\",\"rich\":\"" +
           post.text + "\"}}";
  }

  std::mutex mutex_;
  std::map<std::int64_t, EngagePost> posts_;
  std::int64_t count_ = 0;
  std::deque<TimeMs> times_;
  TimeMs last_poll_ = 0;
  std::vector<std::string> violations_;
  std::atomic<std::uint64_t> requests_{0};
  std::unique_ptr<TestServer> server_;  // last: its threads use the rest
};

}  // namespace latecomer::test
