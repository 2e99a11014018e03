#include "app/service_manager.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#include <cstdint>

namespace latecomer {

ServiceManager::ServiceManager() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) > 0) {
    watchdog_every_ = std::chrono::microseconds(microseconds) / 3;
  }
}

void ServiceManager::Ready() { sd_notify(0, "READY=1"); }

void ServiceManager::Stopping() { sd_notify(0, "STOPPING=1"); }

void ServiceManager::Reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds =
      std::uint64_t(now.tv_sec) * 1'000'000 + std::uint64_t(now.tv_nsec) / 1000;
  sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds)).c_str());
}

void ServiceManager::Status(const std::string& text) {
  if (text == status_) return;
  status_ = text;
  sd_notify(0, ("STATUS=" + text).c_str());
}

void ServiceManager::Alive() {
  const auto now = std::chrono::steady_clock::now();
  if (watchdog_every_.count() == 0 || now < alive_at_ + watchdog_every_) return;
  alive_at_ = now;
  sd_notify(0, "WATCHDOG=1");
}

}  // namespace latecomer
