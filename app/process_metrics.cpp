#include "app/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace latecomer {
namespace {

// Fields of /proc/self/stat (proc(5)), counted from 1.
constexpr std::size_t kUserTicks = 14;
constexpr std::size_t kSystemTicks = 15;
constexpr std::size_t kThreads = 20;
constexpr std::size_t kStartTicks = 22;
constexpr std::size_t kVirtualBytes = 23;
constexpr std::size_t kResidentPages = 24;

std::vector<double> StatFields() {
  std::ifstream in("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  // The second field is the name in brackets, which may hold anything.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(text.substr(name_end + 1));
  std::string state;
  rest >> state;
  std::vector<double> fields(4, 0);  // 0 to 3
  for (double field = 0; rest >> field;) fields.push_back(field);
  return fields;
}

double BootTime() {
  std::ifstream in("/proc/stat");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return 0;
}

std::size_t OpenFiles() {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error)) {
    ++count;
  }
  return count == 0 ? 0 : count - 1;  // one is the directory itself
}

}  // namespace

void CollectProcess(MetricFamilies& out) {
  const std::vector<double> fields = StatFields();
  if (fields.size() > kResidentPages) {
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    out.Counter("process_cpu_seconds_total", "User and system time spent.", {},
                (fields[kUserTicks] + fields[kSystemTicks]) / ticks);
    out.Gauge("process_threads", "Threads.", {}, fields[kThreads]);
    out.Gauge("process_start_time_seconds", "When the process started.", {},
              BootTime() + fields[kStartTicks] / ticks);
    out.Gauge("process_virtual_memory_bytes", "Virtual memory.", {}, fields[kVirtualBytes]);
    out.Gauge("process_resident_memory_bytes", "Resident memory.", {},
              fields[kResidentPages] * page);
  }
  out.Gauge("process_open_fds", "Open files.", {}, static_cast<double>(OpenFiles()));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out.Gauge("process_max_fds", "Files that may be open.", {},
              static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace latecomer
