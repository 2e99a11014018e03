#include "tests/ingest/source_mastodon_harness.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "ingest/source_mastodon.h"
#include "model/html.h"

namespace latecomer::test {

Status RecordingContext::Write(PostBatch& batch) {
  if (batch.IsEmpty()) return {};
  if (writes_max >= 0 && writes >= writes_max) return RetryLater("the process has ended");
  for (const PostBatch::Held& held : batch.held()) {
    if (held.kind == PostBatch::Held::Kind::kReject) {
      rejects.push_back(held.value);
      continue;
    }
    const Status read = reader_.Read(held.value);
    BOOST_REQUIRE_MESSAGE(read, held.value);
    if (const auto* post = std::get_if<Post>(&reader_.value())) {
      records.push_back({held.key, *post});
    } else if (const auto* covered = std::get_if<Coverage>(&reader_.value())) {
      coverage.push_back(*covered);
    }
  }
  for (const auto& [key, value] : batch.cursors()) {
    if (value) {
      cursors_.insert_or_assign(key, *value);
    } else {
      cursors_.erase(key);
    }
  }
  counters_.posts += batch.posts();
  ++writes;
  batch.Clear();
  return {};
}

std::vector<std::string> RecordingContext::Timeline() const {
  struct Entry {
    TimeMs published = 0;
    const Post* post = nullptr;
    bool by_tag = false;
    bool is_deleted = false;
  };
  std::map<std::pair<std::string, std::string>, Entry> entries;
  for (const Record& record : records) {
    Entry& entry = entries[{record.key, record.post.id}];
    if (record.post.type == PostType::kTombstone) {
      entry.is_deleted = true;
      continue;
    }
    const auto stamp = [](const Post& post) {
      return post.updated ? *post.updated : post.published.value_or(0);
    };
    if (entry.post == nullptr || stamp(*entry.post) <= stamp(record.post)) {
      entry.post = &record.post;
    }
    entry.by_tag = entry.by_tag || record.post.via == Via::kTag;
    entry.published = record.post.published.value_or(0);
  }
  std::vector<std::pair<std::pair<TimeMs, std::string>, std::string>> lines;
  for (const auto& [key, entry] : entries) {
    std::string line = key.first + " ";
    line += entry.post == nullptr ? key.second : TextFromHtml(entry.post->content);
    if (entry.post != nullptr && !entry.by_tag) line += " thread";
    if (entry.is_deleted) line += " deleted";
    lines.push_back({{entry.published, key.second}, std::move(line)});
  }
  std::sort(lines.begin(), lines.end());
  std::vector<std::string> out;
  for (auto& [order, line] : lines) out.push_back(std::move(line));
  return out;
}

std::size_t RecordingContext::Doubled() const {
  std::set<std::string> seen;
  std::size_t doubled = 0;
  for (const Record& record : records) {
    Post post = record.post;
    post.source = {};
    post.deleted.reset();
    std::string text = record.key + " ";
    AppendPost(text, post);
    if (!seen.insert(std::move(text)).second) ++doubled;
  }
  return doubled;
}

SourceSpec MastodonSpec(std::map<std::string, std::string, std::less<>> options,
                        std::vector<FollowedHashtag> hashtags) {
  return {"social", "mastodon", std::move(hashtags), std::move(options), false};
}

HostServer::HostServer(MastodonHost::Kind kind)
    : server_([this](const ServedRequest& served, Peer& peer) { Answer(served, peer); }) {
  host_ = std::make_unique<MastodonHost>(server_.Authority(), kind);
}

void HostServer::Answer(const ServedRequest& served, Peer& peer) {
  if (instead && instead(served, peer)) return;
  HostRequest request = MastodonHost::Parse(served.target);
  const auto header = [&](const char* name) {
    const auto found = served.headers.find(name);
    return found == served.headers.end() ? std::string() : found->second;
  };
  request.authorization = header("authorization");
  request.user_agent = header("user-agent");
  const HostReply reply = host_->Answer(request);
  if (reply.status == 0) {
    peer.Send(reply.body);  // byte by byte as the test wants it
    peer.Close();
    return;
  }
  peer.Send(Reply(reply.status, reply.body, reply.headers));
}

MastodonFixture::MastodonFixture(MastodonHost::Kind kind, bool once, Options options) {
  context = std::make_unique<RecordingContext>(MastodonSpec(std::move(options)));
  context->Spec().once = once;
  HttpClientSettings settings = LoopbackSettings();
  settings.clock = [this] { return now_.load(); };
  client_ = Client(settings);
  context->client = client_.get();
  context->on_wait = [this] {
    Moved();
    if (until_ > 0 && context->now >= until_) context->RequestStop();
    if (on_wait) on_wait();
  };
  host = &Add(kind).host();
}

MastodonFixture::~MastodonFixture() {
  if (!token_file_.empty()) std::filesystem::remove(token_file_);
}

HostServer& MastodonFixture::Add(MastodonHost::Kind kind) {
  servers.push_back(std::make_unique<HostServer>(kind));
  std::string& base = context->Spec().options["base"];
  base += (base.empty() ? "" : " ") + servers.back()->Url();
  return *servers.back();
}

void MastodonFixture::Moved() {
  now_ = context->now;
  for (const auto& server : servers) {
    const std::scoped_lock lock(server->host().mutex);
    server->host().now = context->now;
  }
}

void MastodonFixture::Pass(std::chrono::milliseconds time) {
  context->now += time.count();
  Moved();
}

void MastodonFixture::UseToken() {
  token_file_ =
      (std::filesystem::temp_directory_path() / ("latecomer-token-" + std::to_string(::getpid())))
          .string();
  std::ofstream(token_file_) << kToken << "\n";
  host->token = kToken;
  context->Spec().options["token_file"] = token_file_;
}

Status MastodonFixture::Run(std::chrono::milliseconds most) {
  until_ = most.count() > 0 ? context->now + most.count() : 0;
  context->ForgetStop();
  Result<std::unique_ptr<Source>> source = MakeMastodonSource(context->spec());
  BOOST_REQUIRE_MESSAGE(source, (source ? "" : source.error().message));
  return (*source)->Run(*context);
}

std::vector<SourceFinding> MastodonFixture::Check() {
  Result<std::unique_ptr<Source>> source = MakeMastodonSource(context->spec());
  BOOST_REQUIRE(source);
  return (*source)->Check(*context);
}

}  // namespace latecomer::test
