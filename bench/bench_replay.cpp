// How well one core plays one replay to many viewers at once: how long after its scheduled wall
// time each entry arrives, and what a viewer costs in memory. The server is a process of its own on
// one core, the viewers share another; each viewer has its own clock.
//
//   bench_replay [VIEWERS] [ENTRIES A SECOND AND VIEWER] [SECONDS]
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "model/post_json.h"
#include "replay/server.h"
#include "store/sqlite_store.h"

namespace latecomer {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr TimeMs kBegin = 1588327200000;  // 2020-05-01T10:00:00Z
constexpr double kSpeed = 60;
constexpr double kJoinSeconds = 2;  // the viewers come within this time
constexpr std::size_t kTextBytes = 280;

struct Load {
  int viewers = 1000;
  int entries_a_second = 4;  // of wall time, for each viewer
  int seconds = 15;
};

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

void PinTo(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  sched_setaffinity(0, sizeof cores, &cores);  // where there is but one core, both share it
}

void FillStore(const std::string& path, const Load& load) {
  Result<std::unique_ptr<TimelineWriteStore>> store = OpenSqliteWriteStore({path});
  if (!store) Fail(store.error().message);
  const int count = load.entries_a_second * (load.seconds + 10);
  std::vector<SequencedRecord> records;
  for (int i = 0; i < count; ++i) {
    EntryRecord entry;
    entry.id = "https://social.example/users/ana/statuses/" + std::to_string(i);
    entry.published = kBegin + static_cast<TimeMs>(i * kSpeed * 1000 / load.entries_a_second);
    entry.n = (entry.published << 21U) + i;
    entry.author = "https://social.example/users/ana";
    entry.stamp = entry.published;
    Post post;
    post.url = entry.id;
    post.attributed_to = {entry.author, "ana@social.example", "Ana", entry.author, ""};
    post.content = "<p>" + std::string(kTextBytes, 'x') + "</p>";
    AppendContent(entry.content, post);
    records.push_back({i, {"bench", {0, i}, std::move(entry)}});
  }
  SessionRecord session;
  session.id = kBegin;
  session.first = kBegin;
  session.last = kBegin + 1;
  session.ends = kBegin + 24 * 3'600'000;
  records.push_back({count, {"bench", {0, count}, session}});
  SinkBatch batch{"bench", 0, 0, count + 1, kBegin, records};
  const Status applied = (*store)->Apply(batch);
  if (!applied) Fail(applied.error().message);
}

// Serves until it is told to end; its port comes through the pipe.
[[noreturn]] void ServeForever(const std::string& path, int port_pipe) {
  PinTo(0);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  Result<std::unique_ptr<TimelineReadStore>> store = OpenSqliteReadStore({path});
  if (!store) Fail(store.error().message);
  ReplayServerOptions options;
  options.listen = "127.0.0.1:0";
  options.workers = 1;
  ReplayServer server(options, **store);
  const Status started = server.Start();
  if (!started) Fail(started.error().message);
  const std::uint16_t port = server.port();
  if (write(port_pipe, &port, sizeof port) != sizeof port) Fail("The pipe is broken.");
  for (;;) pause();
}

class Viewer {
 public:
  Viewer(asio::io_context& io, std::uint16_t port) : socket_(io) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
    const std::string request =
        "GET /v1/replay?hashtag=bench&skip=60 HTTP/1.1\r\nHost: bench\r\n\r\n";
    asio::write(socket_, asio::buffer(request));
    Read();
  }

  // Milliseconds from each entry's scheduled time to its arrival. The schedule starts where the
  // entry that came soonest puts it.
  void AppendDelays(std::vector<double>& delays) const {
    double start = std::numeric_limits<double>::infinity();
    for (const auto& [planned, came] : arrivals_) start = std::min(start, came - planned);
    for (const auto& [planned, came] : arrivals_) delays.push_back(came - planned - start);
  }
  bool ended() const { return ended_; }

 private:
  void Read() {
    socket_.async_read_some(asio::buffer(bytes_), [this](const auto& error, std::size_t size) {
      ended_ = static_cast<bool>(error);
      if (ended_) return;
      text_.append(bytes_, size);
      TakeEvents();
      Read();
    });
  }

  void TakeEvents() {
    const double now = std::chrono::duration<double, std::milli>(Clock::now() - begin_).count();
    std::size_t end = 0;
    while ((end = text_.find("\n\n")) != std::string::npos) {
      const std::string_view block(text_.data(), end);
      const std::size_t at = block.find("\"published\":\"");
      if (block.find("event: entry\n") != std::string_view::npos && at != std::string_view::npos) {
        const std::optional<TimeMs> published = ParseTime(block.substr(at + 13, kTimeTextBytes));
        if (!published) Fail("An event has no time.");
        arrivals_.emplace_back(static_cast<double>(*published - kBegin) / kSpeed, now);
      }
      text_.erase(0, end + 2);
    }
  }

  Tcp::socket socket_;
  Clock::time_point begin_ = Clock::now();
  char bytes_[16384];
  std::string text_;
  bool ended_ = false;
  std::vector<std::pair<double, double>> arrivals_;  // planned and real, in milliseconds
};

std::size_t ResidentKib(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  }
  return 0;
}

void Print(const std::string& name, double value, const char* unit) {
  std::printf("{\"name\":\"%s\",\"value\":%.3g,\"unit\":\"%s\",\"better\":\"less\"}\n",
              name.c_str(), value, unit);
}

void Measure(const Load& load, std::uint16_t port, pid_t server) {
  asio::io_context io{1};
  std::vector<std::unique_ptr<Viewer>> viewers;
  viewers.push_back(std::make_unique<Viewer>(io, port));  // what any first viewer makes it load
  io.run_for(std::chrono::seconds(1));
  const std::size_t before = ResidentKib(server);
  const auto begin = Clock::now();
  for (int i = 1; i < load.viewers; ++i) {
    const auto due = begin + std::chrono::duration<double>(kJoinSeconds * i / load.viewers);
    io.run_until(std::chrono::time_point_cast<Clock::duration>(due));
    viewers.push_back(std::make_unique<Viewer>(io, port));
  }
  io.run_for(std::chrono::seconds(load.seconds));
  const std::size_t after = ResidentKib(server);
  std::vector<double> delays;
  for (const auto& viewer : viewers) {
    if (viewer->ended()) Fail("A viewer was cut off.");
    viewer->AppendDelays(delays);
  }
  const double expected = double(load.viewers) * load.entries_a_second * load.seconds;
  if (static_cast<double>(delays.size()) < 0.9 * expected) Fail("Entries are missing.");
  std::sort(delays.begin(), delays.end());
  const std::string of = std::to_string(load.viewers) + " viewers of a replay, " +
                         std::to_string(load.entries_a_second) + " entries a second each: ";
  Print(of + "delay, median", delays[delays.size() / 2], "ms");
  Print(of + "delay, p99", delays[delays.size() * 99 / 100], "ms");
  Print(of + "memory a viewer",
        (static_cast<double>(after) - static_cast<double>(before)) / (load.viewers - 1), "KiB");
}

int Main(int argc, char** argv) {
  Load load;
  if (argc > 1) load.viewers = std::atoi(argv[1]);
  if (argc > 2) load.entries_a_second = std::atoi(argv[2]);
  if (argc > 3) load.seconds = std::atoi(argv[3]);
  if (load.viewers < 2 || load.entries_a_second < 1 || load.seconds < 1) Fail("No such load.");
  std::string folder = (std::filesystem::temp_directory_path() / "bench-replay-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) Fail("There is no room for a store.");
  const std::string path = folder + "/store.db";
  FillStore(path, load);
  int port_pipe[2];
  if (pipe(port_pipe) != 0) Fail("There is no pipe.");
  const pid_t server = fork();
  if (server == 0) ServeForever(path, port_pipe[1]);
  PinTo(1);
  close(port_pipe[1]);
  std::uint16_t port = 0;
  if (read(port_pipe[0], &port, sizeof port) != sizeof port) Fail("The server did not start.");
  Measure(load, port, server);
  kill(server, SIGKILL);
  rusage used{};
  wait4(server, nullptr, 0, &used);
  const double cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                     static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  const double wall = load.seconds + kJoinSeconds + 1;
  Print(std::to_string(load.viewers) + " viewers of a replay: server's share of a core",
        100 * cpu / wall, "%");
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace latecomer

int main(int argc, char** argv) { return latecomer::Main(argc, argv); }
