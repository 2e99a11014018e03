// What the source `mastodon` costs: the part of a core that a stream of a thousand posts a second
// takes, and the memory of 200 hashtags on 20 hosts in one process. The hosts are a process of
// their own, on loopback; what is written is serialised and then dropped, so that the log's cost is
// not in it. Nothing is held against these figures but their goals: 5 % and 100 MB.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/time.h"
#include "ingest/http_client.h"
#include "ingest/source_mastodon.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kPostsASecond = 1'000;
constexpr int kHosts = 20;
constexpr int kHashtagsAHost = 10;
constexpr int kPostsOfHashtag = 400;  // of the past
constexpr TimeMs kBegin = 1'700'000'000'000;

// A status as an instance of Mastodon writes it, of about 3 kB.
std::string StatusJson(TimeMs time, unsigned number, const std::string& tag) {
  const unsigned low = number + static_cast<unsigned>(std::hash<std::string>()(tag));
  const std::string id =
      std::to_string((static_cast<std::uint64_t>(time) << 16U) | (low & 0xFFFFU));
  std::string words;
  for (unsigned i = 0; i < 40; ++i)
    words += "word" + std::to_string((number * 31 + i * 7) % 997) + " ";
  return R"({"id":")" + id + R"(","created_at":")" + FormatTime(time) +
         R"(","in_reply_to_id":null,"in_reply_to_account_id":null,"sensitive":false,)"
         R"("spoiler_text":"","visibility":"public","language":"en","uri":"https://far.example/users/u)" +
         std::to_string(number % 900) + "/statuses/" + id + R"(","url":"https://far.example/@u/)" +
         id +
         R"(","replies_count":0,"reblogs_count":2,"favourites_count":3,"edited_at":null,"content":"<p>)" +
         words + R"(<a href=\"https://far.example/tags/)" + tag +
         R"(\" class=\"mention hashtag\" rel=\"nofollow noopener\" target=\"_blank\">#<span>)" +
         tag +
         R"(</span></a></p>","reblog":null,"application":{"name":"Web","website":null},)"
         R"("account":{"id":"1","username":"u)" +
         std::to_string(number % 900) +
         R"(","acct":"u@far.example","display_name":"User","locked":false,"bot":false,)"
         R"("discoverable":true,"group":false,"created_at":"2020-01-01T00:00:00.000Z","note":"<p>)" +
         std::string(600, 'n') +
         R"(</p>","url":"https://far.example/@u","uri":"https://far.example/users/u",)"
         R"("avatar":"https://files.example/cache/a.png","avatar_static":"https://files.example/a.png",)"
         R"("header":"https://files.example/h.png","header_static":"https://files.example/h.png",)"
         R"("followers_count":10,"following_count":20,"statuses_count":30,"emojis":[],"fields":[)"
         R"({"name":"home","value":"<a href=\"https://far.example\">far</a>","verified_at":null}]},)"
         R"("media_attachments":[],"mentions":[],"tags":[{"name":")" +
         tag + R"(","url":"https://x.example/tags/)" + tag +
         R"("}],"emojis":[],"card":null,"poll":null})";
}

bool Send(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// A thousand posts a second, in twenty pieces.
void Stream(int fd, const std::string& tag) {
  if (!Send(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n:)\n")) return;
  unsigned number = 0;
  for (auto next = Clock::now();; next += 50ms) {
    std::this_thread::sleep_until(next);
    std::string bytes;
    for (int i = 0; i < kPostsASecond / 20; ++i, ++number) {
      bytes += "event: update\ndata: " + StatusJson(Now(), number, tag) + "\n\n";
    }
    if (!Send(fd, bytes)) return;
  }
}

// The past of a hashtag: a post a minute, below `max_id`.
std::string Page(const std::string& tag, const std::string& target) {
  const std::size_t at = target.find("max_id=");
  if (tag == "streamed" || target.find("min_id=") != std::string::npos) return "[]";
  int number = kPostsOfHashtag;
  if (at != std::string::npos) {
    const std::uint64_t below = std::strtoull(target.c_str() + at + 7, nullptr, 10);
    number = static_cast<int>((static_cast<TimeMs>(below >> 16U) - kBegin) / 60'000);
  }
  std::string list;
  for (int i = 0; i < 40 && --number >= 0; ++i) {
    list += (list.empty() ? "" : ",") +
            StatusJson(kBegin + number * 60'000, static_cast<unsigned>(number), tag);
  }
  return "[" + list + "]";
}

void Serve(int fd) {
  std::string buffer;
  char chunk[8192];
  for (;;) {
    const std::size_t end = buffer.find("\r\n\r\n");
    if (end == std::string::npos) {
      const ssize_t got = ::recv(fd, chunk, sizeof chunk, 0);
      if (got <= 0) break;
      buffer.append(chunk, static_cast<std::size_t>(got));
      continue;
    }
    const std::size_t begin = buffer.find(' ') + 1;
    const std::string target = buffer.substr(begin, buffer.find(' ', begin) - begin);
    buffer.erase(0, end + 4);
    std::string body = R"({"version":"4.3.1"})";
    if (target.starts_with("/api/v1/streaming")) {
      Stream(fd, target.substr(target.find("tag=") + 4));
      break;
    }
    const std::string tags = "/api/v1/timelines/tag/";
    if (target.starts_with(tags)) {
      body = Page(target.substr(tags.size(), target.find('?') - tags.size()), target);
    }
    if (!Send(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body)) {
      break;
    }
  }
  ::close(fd);
}

std::string AddressOf(int host) { return "127.0.1." + std::to_string(host + 1); }

// Each host has an address of loopback, and all the same port. Empty: something went wrong.
std::vector<int> Listen(int& port) {
  std::vector<int> listeners;
  for (int host = 0; host < kHosts; ++host) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, AddressOf(host).c_str(), &where.sin_addr);
    auto* address = reinterpret_cast<sockaddr*>(&where);
    socklen_t size = sizeof where;
    if (::bind(listener, address, size) != 0 || ::listen(listener, 64) != 0 ||
        ::getsockname(listener, address, &size) != 0) {
      return {};
    }
    port = ntohs(where.sin_port);
    listeners.push_back(listener);
  }
  return listeners;
}

// Ends with its parent.
[[noreturn]] void ServeAll(const std::vector<int>& listeners) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<pollfd> polled;
  for (const int listener : listeners) polled.push_back({listener, POLLIN, 0});
  for (;;) {
    if (::poll(polled.data(), polled.size(), -1) <= 0) continue;
    for (const pollfd& ready : polled) {
      if ((ready.revents & POLLIN) == 0) continue;
      const int fd = ::accept(ready.fd, nullptr, nullptr);
      if (fd >= 0) std::thread([fd] { Serve(fd); }).detach();
    }
  }
}

class BenchContext final : public SourceContext {
 public:
  BenchContext(SourceSpec spec, HttpClient& client) : spec_(std::move(spec)), client_(client) {}
  const SourceSpec& spec() const override { return spec_; }
  std::stop_token stop() const override { return stop_.get_token(); }
  const Cursors& cursors() const override { return cursors_; }
  Status Write(PostBatch& batch) override {
    counters_.posts += batch.posts();
    for (const auto& [key, value] : batch.cursors()) {
      if (value) {
        cursors_.insert_or_assign(key, *value);
      } else {
        cursors_.erase(key);
      }
    }
    batch.Clear();
    return {};
  }
  SourceCounters& counters() override { return counters_; }
  HttpClient& http() override { return client_; }
  TimeMs Now() const override { return latecomer::Now(); }
  bool WaitFor(std::chrono::milliseconds time) override {
    for (const auto until = Clock::now() + time; Clock::now() < until && !stopped();) {
      std::this_thread::sleep_for(std::min<Clock::duration>(until - Clock::now(), 100ms));
    }
    return !stopped();
  }
  void RequestStop() { stop_.request_stop(); }

 private:
  const SourceSpec spec_;
  HttpClient& client_;
  std::stop_source stop_;
  Cursors cursors_;
  SourceCounters counters_;
};

double CpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double ResidentMegabytes() {
  std::ifstream statm("/proc/self/statm");
  long all = 0;
  long resident = 0;
  statm >> all >> resident;
  return static_cast<double>(resident * ::sysconf(_SC_PAGESIZE)) / 1e6;
}

class Runner {
 public:
  Runner(SourceSpec spec, HttpClient& client) : context(std::move(spec), client) {
    Result<std::unique_ptr<Source>> made = MakeMastodonSource(context.spec());
    if (!made) {
      std::fprintf(stderr, "%s\n", made.error().message.c_str());
      std::exit(1);
    }
    source_ = std::move(*made);
    thread_ = std::thread([this] {
      if (Status run = source_->Run(context); !run) {
        std::fprintf(stderr, "%s\n", run.error().message.c_str());
      }
    });
  }
  ~Runner() {
    context.RequestStop();
    thread_.join();
  }
  BenchContext context;

 private:
  std::unique_ptr<Source> source_;
  std::thread thread_;
};

bool BenchStream(HttpClient& client, int port, const std::string& token_file) {
  Runner runner({"stream",
                 "mastodon",
                 {{"streamed", "", {}}},
                 {{"base", "http://" + AddressOf(0) + ":" + std::to_string(port)},
                  {"token_file", token_file}},
                 false},
                client);
  std::this_thread::sleep_for(3s);  // connected, and warm
  const double cpu = CpuSeconds();
  const std::uint64_t posts = runner.context.counters().posts;
  const auto begin = Clock::now();
  std::this_thread::sleep_for(10s);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const double share = (CpuSeconds() - cpu) / seconds * 100;
  const double rate = static_cast<double>(runner.context.counters().posts - posts) / seconds;
  if (rate < kPostsASecond * 0.95 || rate > kPostsASecond * 1.05) {
    std::fprintf(stderr, "%.0f posts/s came instead of %d\n", rate, kPostsASecond);
    return false;
  }
  std::printf(
      "{\"name\":\"stream 1,000 posts/s from Mastodon\",\"value\":%.2f,"
      "\"unit\":\"%% of a core\",\"better\":\"less\"}\n",
      share);
  return true;
}

bool BenchMemory(HttpClient& client, int port) {
  std::vector<std::unique_ptr<Runner>> runners;
  for (int host = 0; host < kHosts; ++host) {
    SourceSpec spec{"host" + std::to_string(host),
                    "mastodon",
                    {},
                    {{"base", "http://" + AddressOf(host) + ":" + std::to_string(port)}},
                    false};
    for (int tag = 0; tag < kHashtagsAHost; ++tag) {
      spec.hashtags.push_back({"tag" + std::to_string(host * kHashtagsAHost + tag), "", {}});
    }
    runners.push_back(std::make_unique<Runner>(std::move(spec), client));
  }
  const std::uint64_t wanted = std::uint64_t{kHosts} * kHashtagsAHost * kPostsOfHashtag;
  std::uint64_t posts = 0;
  for (int i = 0; i < 1'200 && posts < wanted; ++i) {
    std::this_thread::sleep_for(100ms);
    posts = 0;
    for (const auto& runner : runners) posts += runner->context.counters().posts;
  }
  if (posts != wanted) {
    std::fprintf(stderr, "%llu posts came instead of %llu\n",
                 static_cast<unsigned long long>(posts), static_cast<unsigned long long>(wanted));
    return false;
  }
  std::printf(
      "{\"name\":\"200 hashtags on 20 hosts, 80,000 posts followed\",\"value\":%.1f,"
      "\"unit\":\"MB\",\"better\":\"less\"}\n",
      ResidentMegabytes());
  return true;
}

int Main() {
  spdlog::set_level(spdlog::level::err);
  int port = 0;
  const std::vector<int> listeners = Listen(port);
  if (listeners.empty()) return 1;
  const pid_t child = ::fork();
  if (child == 0) ServeAll(listeners);
  const std::filesystem::path token_file =
      std::filesystem::temp_directory_path() / ("bench-token-" + std::to_string(::getpid()));
  std::ofstream(token_file) << "token";
  HttpClientSettings settings;
  settings.contact = "https://replay.example";
  settings.allowed_private = {"127.0.0.0/8"};
  Result<std::unique_ptr<HttpClient>> client = MakeHttpClient(settings);
  const bool good =
      client && BenchMemory(**client, port) && BenchStream(**client, port, token_file.string());
  std::filesystem::remove(token_file);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace latecomer

int main() { return latecomer::Main(); }
