// What a daemon tells systemd (sd_notify(3)); silent where none listens.
#pragma once

#include <chrono>
#include <string>

namespace latecomer {

class ServiceManager {
 public:
  ServiceManager();

  void Ready();
  void Stopping();
  // Around reading the settings again; Reloading before, Ready after.
  void Reloading();
  // One line for `systemctl status`; sent when it changes.
  void Status(const std::string& text);
  // A sign of life, at most as often as the watchdog wants it.
  void Alive();

 private:
  std::chrono::nanoseconds watchdog_every_{0};  // 0: none
  std::chrono::steady_clock::time_point alive_at_;
  std::string status_;
};

}  // namespace latecomer
