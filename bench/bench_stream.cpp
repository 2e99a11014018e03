// The embedded stream: records of 1 KB, in transactions of 5,000. Arguments: [RECORDS [FOLDER]].
//
// The disk decides how fast it appends: beside it stands a bare write of the same bytes in the same
// pieces, each made durable by fdatasync. The stream writes them twice (log, then file).
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "stream/embedded_stream.h"

namespace latecomer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPerTransaction = 5'000;
constexpr const char* kBare = "stream: bare write and fdatasync";
constexpr std::size_t kValueBytes = 960;  // with a key of about 40 bytes and its row: 1 KB

template <typename T>
T Take(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }
  return std::move(*result);
}
void Must(const Status& status) {
  if (status) return;
  std::fprintf(stderr, "%s\n", status.error().message.c_str());
  std::exit(1);
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Case {
  std::string name;
  double value = 0;
  const char* unit = "records/s";
  bool more = true;
  const char* ratio_to = nullptr;
};

// Printed once all has been verified.
std::vector<Case> cases;

// Measures until it goes.
class Measure {
 public:
  Measure(std::string name, int count, const char* ratio_to = nullptr)
      : name_(std::move(name)), count_(count), ratio_to_(ratio_to) {}
  ~Measure() {
    const double wall = std::chrono::duration<double>(Clock::now() - start_).count();
    const double cpu = CpuSeconds() - cpu_;
    cases.push_back({name_, count_ / wall, "records/s", true, ratio_to_});
    cases.push_back({name_ + ", CPU", cpu / count_ * 1e6, "s a million", false, nullptr});
  }
  Measure(const Measure&) = delete;
  Measure& operator=(const Measure&) = delete;

 private:
  std::string name_;
  int count_;
  const char* ratio_to_;
  Clock::time_point start_ = Clock::now();
  double cpu_ = CpuSeconds();
};

void Print() {
  for (const Case& c : cases) {
    std::printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"better\":\"%s\"", c.name.c_str(),
                c.value, c.unit, c.more ? "more" : "less");
    if (c.ratio_to != nullptr) std::printf(",\"ratio_to\":\"%s\"", c.ratio_to);
    std::printf("}\n");
  }
}

void Expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "wrong: %s\n", what);
  std::exit(1);
}

std::string Key(int i) { return "hrevolution entry https://x.example/" + std::to_string(i); }

void BareWrite(const std::filesystem::path& path, int records) {
  const std::string piece(kPerTransaction * (kValueBytes + 40), 'x');
  const int fd = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  const Measure measure(kBare, records);
  for (int i = 0; i < records; i += kPerTransaction) {
    if (write(fd, piece.data(), piece.size()) < 0 || fdatasync(fd) != 0) std::exit(1);
  }
  close(fd);
  std::filesystem::remove(path);
}

void Append(Stream& stream, const std::string& topic, int records, int keys) {
  const auto writer = Take(stream.NewWriter("bench-" + topic));
  const std::string value(kValueBytes, 'v');
  for (int i = 0; i < records;) {
    Must(writer->Begin());
    for (int n = 0; n < kPerTransaction && i < records; ++n, ++i) {
      Must(writer->Append(topic, 0, Key(i % keys), value));
    }
    Must(writer->Commit());
  }
}

void ReadAll(Stream& stream, const std::string& topic, int records) {
  ReaderSettings settings;
  settings.partitions = {{topic, 0}};
  const auto reader = Take(stream.NewReader(settings));
  for (int got = 0; got < records;) {
    const Polled polled = Take(reader->Poll(kPerTransaction, std::chrono::seconds(1)));
    for (const Record& record : std::get<Records>(polled).records) {
      Expect(record.offset == got && record.value && record.value->size() == kValueBytes,
             "a record");
      ++got;
    }
  }
}

// A loop that reads a topic in a group and writes what it reads to another, exactly once.
void Copy(Stream& stream, const std::string& from, const std::string& to, int records) {
  ReaderSettings settings;
  settings.group = "copy";
  settings.topics = {from};
  const auto reader = Take(stream.NewReader(settings));
  const auto writer = Take(stream.NewWriter("copy"));
  for (int got = 0; got < records;) {
    const Polled polled = Take(reader->Poll(kPerTransaction, std::chrono::seconds(1)));
    const auto* batch = std::get_if<Records>(&polled);
    if (batch == nullptr || batch->records.empty()) continue;
    Must(writer->Begin());
    for (const Record& record : batch->records) {
      Must(writer->Append(to, 0, record.key, record.value));
    }
    Must(writer->SendOffsets(reader->Group(), {from, 0}, batch->records.back().offset + 1));
    Must(writer->Commit());
    got += static_cast<int>(batch->records.size());
  }
}

void MeasureIdle(Stream& stream) {
  ReaderSettings settings;
  settings.group = "idle";
  settings.topics = {"posts"};
  const auto reader = Take(stream.NewReader(settings));
  while (!std::holds_alternative<Assigned>(Take(reader->Poll(1, std::chrono::seconds(1))))) {
  }
  Must(reader->Seek({"posts", 0}, Take(stream.EndOffset({"posts", 0}))));
  const double cpu = CpuSeconds();
  const auto start = Clock::now();
  (void)Take(reader->Poll(1, std::chrono::seconds(3)));
  const double wall = std::chrono::duration<double>(Clock::now() - start).count();
  cases.push_back(
      {"stream: an idle reader", (CpuSeconds() - cpu) / wall * 100, "% of a CPU", false});
}

// From the start of a commit of one record to its arrival at a reader of the same process.
void MeasureLatency(Stream& stream) {
  constexpr int kRounds = 200;
  Must(stream.EnsureTopic({.name = "ping"}));
  ReaderSettings settings;
  settings.partitions = {{"ping", 0}};
  const auto reader = Take(stream.NewReader(settings));
  const auto writer = Take(stream.NewWriter("ping"));
  std::vector<Clock::time_point> begun(kRounds);
  std::vector<double> late_ms;
  std::jthread pong([&] {
    for (int i = 0; i < kRounds; ++i) {
      Must(writer->Begin());
      begun[static_cast<std::size_t>(i)] = Clock::now();
      Must(writer->Append("ping", 0, "k", "v"));
      Must(writer->Commit());
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  });
  while (late_ms.size() < kRounds) {
    const Polled polled = Take(reader->Poll(100, std::chrono::seconds(1)));
    for (const Record& record : std::get<Records>(polled).records) {
      const auto late = Clock::now() - begun[static_cast<std::size_t>(record.offset)];
      late_ms.push_back(std::chrono::duration<double, std::milli>(late).count());
    }
  }
  std::sort(late_ms.begin(), late_ms.end());
  cases.push_back({"stream: commit to reader, median", late_ms[kRounds / 2], "ms", false});
  cases.push_back({"stream: commit to reader, 99 %", late_ms[kRounds * 99 / 100], "ms", false});
}

void MeasureAll(Stream& stream, int records) {
  Must(stream.EnsureTopic({.name = "posts"}));
  Must(stream.EnsureTopic({.name = "timelines", .cleanup = Cleanup::kCompact}));
  {
    const Measure measure("stream: append", records, kBare);
    Append(stream, "posts", records, records);
  }
  {
    const Measure measure("stream: read", records);
    ReadAll(stream, "posts", records);
  }
  {
    const Measure measure("stream: read and append exactly once", records, kBare);
    Copy(stream, "posts", "timelines", records);
  }
  {
    const Measure measure("stream: append and read at once", records, kBare);
    std::jthread reader([&] { ReadAll(stream, "posts", records * 2); });
    Append(stream, "posts", records, records);
  }
  Append(stream, "timelines", records / 2, records);
  {
    const Measure measure("stream: compact", records + records / 2);
    Must(stream.Clean(Now()));
  }
  {
    const Measure measure("stream: trim", records * 2);
    Must(stream.Trim({"posts", 0}, records * 2));
  }
  Expect(Take(stream.StartOffset({"posts", 0})) == records * 2, "the start after trimming");
  MeasureIdle(stream);
  MeasureLatency(stream);
}

int Run(int argc, char** argv) {
  int records = 200'000;
  if (argc > 1) std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), records);
  const std::filesystem::path parent =
      argc > 2 ? std::filesystem::path(argv[2]) : std::filesystem::temp_directory_path();
  const std::filesystem::path folder = parent / ("bench-stream-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  BareWrite(folder / "bare", records);
  EmbeddedStreamSettings settings;
  settings.path = (folder / "stream.db").string();
  { MeasureAll(*Take(OpenEmbeddedStream(settings)), records); }
  std::filesystem::remove_all(folder);
  Print();
  return 0;
}

}  // namespace
}  // namespace latecomer

int main(int argc, char** argv) { return latecomer::Run(argc, argv); }
