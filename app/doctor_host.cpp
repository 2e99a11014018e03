// The machine: the data directory and the clock.
#include <sys/timex.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "app/doctor.h"
#include "app/setup.h"
#include "base/time.h"

namespace latecomer {
namespace {

constexpr std::uintmax_t kMib = 1U << 20U;
constexpr std::uintmax_t kFreeFailed = 64 * kMib;
constexpr std::uintmax_t kFreeWarning = 1024 * kMib;
constexpr TimeMs kBuiltAfter = 1'735'689'600'000;  // 2025-01-01T00:00:00Z

}  // namespace

void ExamineData(const Settings& settings, const FindingSink& tell) {
  if (!UsesDataDirectory(settings)) return;
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path folder = settings.data;
  const std::string what = "data directory";
  if (!fs::exists(folder, error)) {
    while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
    const bool can_make = access(folder.c_str(), W_OK | X_OK) == 0;
    tell({can_make ? FindingState::kWarning : FindingState::kBad, what,
          settings.data + " is not there yet" + (can_make ? "" : ", and cannot be made"),
          can_make ? "the first daemon or import makes it"
                   : "make it, owned by the user that runs Latecomer"});
    return;
  }
  if (access(folder.c_str(), R_OK | W_OK | X_OK) != 0) {
    tell({FindingState::kBad, what,
          settings.data + " cannot be written by this user: " + std::strerror(errno),
          "run doctor as the user that runs Latecomer, or give the folder to that user"});
    return;
  }
  const fs::space_info space = fs::space(folder, error);
  const std::string found =
      settings.data + " is writable, " + std::to_string(space.available / kMib) + " MiB are free";
  if (error || space.available >= kFreeWarning) return tell({FindingState::kOk, what, found, ""});
  tell({space.available < kFreeFailed ? FindingState::kBad : FindingState::kWarning, what, found,
        "a full disk stops the daemons: make room, or move `data`"});
}

void ExamineClock(const FindingSink& tell) {
  timex state{};
  const int synchronised = adjtimex(&state);
  if (Now() < kBuiltAfter) {
    return tell({FindingState::kBad, "clock", "it says " + FormatTime(Now()),
                 "set it: posts from the future are refused, and retention goes by it"});
  }
  if (synchronised == TIME_ERROR || (state.status & STA_UNSYNC) != 0) {
    return tell({FindingState::kWarning, "clock",
                 FormatTime(Now()) + ", which the kernel does not know to be synchronised",
                 "run systemd-timesyncd or chrony; in a container that is the host's work"});
  }
  tell({FindingState::kOk, "clock", FormatTime(Now()) + ", synchronised", ""});
}

}  // namespace latecomer
