// The stream of XServer, and its rules.
#include <algorithm>
#include <chrono>

#include "tests/ingest/x_test_server.h"
#include "tests/ingest/x_test_server_text.h"

namespace latecomer::test {

using namespace std::chrono_literals;

std::string XServer::ListRules() {
  std::string data;
  for (const auto& [id, rule] : rule_store_) {
    data += (data.empty() ? "" : ",") + std::string("{\"id\":") + Quoted(id) +
            ",\"value\":" + Quoted(rule.text) + ",\"tag\":" + Quoted(rule.quoted) + "}";
  }
  return Answer(200, "{\"data\":[" + data + "],\"meta\":{}}");
}

std::string XServer::ChangeRules(const std::string& body) {
  if (body.starts_with("{\"delete\"")) {
    const std::size_t begin = body.find('[') + 1;
    for (std::string id : Split(body.substr(begin, body.find(']') - begin), ",")) {
      id = id.substr(1, id.size() - 2);
      if (rule_store_.erase(id) == 0) return Wrong("a rule that is not there");
    }
    return Answer(200, R"({"meta":{"summary":{"deleted":1}}})");
  }
  const std::vector<std::string> values = Members(body, "value");
  const std::vector<std::string> tags = Members(body, "tag");
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (const auto& [id, rule] : rule_store_) {
      if (rule.text == values[i]) return Wrong("a rule twice");
    }
    AddRule(values[i], tags.at(i));
  }
  return Answer(201, R"({"meta":{"summary":{"created":1}}})");
}

void XServer::Stream(Peer& peer) {
  peer.Close();
  ++streams_;
  ++open_streams_;
  const std::uint64_t cuts = cuts_;
  std::size_t next = 0;
  {
    const std::scoped_lock lock(mutex_);
    next = order_.size();  // what is posted from now on
  }
  peer.Send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: " + HttpDate(ServerNow()) +
            "\r\n\r\n\r\n");
  bool fine = true;
  while (fine && cuts_ == cuts && peer.Wait(0ms)) {
    std::string line;
    {
      const std::scoped_lock lock(mutex_);
      for (; next < order_.size(); ++next) {
        const XTweet& tweet = tweets_.at(order_[next]);
        const bool is_wanted =
            std::any_of(rule_store_.begin(), rule_store_.end(),
                        [&](const auto& r) { return Matches(tweet, r.second.text); });
        if (!is_wanted) continue;
        std::string page = Page({&tweet}, R"(,"matching_rules":[{"id":"1","tag":"x"}])");
        page.replace(page.find("\"data\":["), 8, "\"data\":");
        page.erase(page.find("],\"includes\""), 1);
        line += page + "\r\n";
        streamed_.push_back(tweet.id);
        ++streamed_count_;
      }
    }
    if (!line.empty()) fine = peer.Send(line);
    fine = fine && !peer.AwaitClosed(1ms);
  }
  --open_streams_;
}

}  // namespace latecomer::test
