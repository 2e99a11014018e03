#include "app/crew.h"

#include <condition_variable>
#include <exception>

namespace latecomer {

Crew::Crew(std::function<void()> on_failure) : on_failure_(std::move(on_failure)) {}

Crew::~Crew() { static_cast<void>(Stop()); }

void Crew::Launch(const std::string& name, std::function<Status(std::stop_token)> run,
                  UnderWay under_way) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (stopped_) return;
  auto ended = std::make_shared<std::atomic<bool>>(false);
  std::jthread thread([this, name, ended, run = std::move(run)](std::stop_token stop) {
    try {
      const Status status = run(stop);
      if (!status) Fail(name, status.error());
    } catch (const std::exception& error) {
      Fail(name, Fatal(error.what()));
    }
    *ended = true;
  });
  members_.push_back({under_way, std::move(ended), std::move(thread)});
}

void Crew::Fail(const std::string& name, const Error& error) {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (failure_) return;
    failure_ = Error{error.code, name + ": " + error.message, {}};
  }
  on_failure_();
}

std::optional<Error> Crew::Failure() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return failure_;
}

Status Crew::Stop() {
  std::vector<std::jthread> working;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stopped_ = true;
    for (Member& member : members_) {
      member.thread.request_stop();
      if (member.under_way == UnderWay::kWork) working.push_back(std::move(member.thread));
    }
    std::erase_if(members_, [](const Member& m) { return m.under_way == UnderWay::kWork; });
  }
  working.clear();  // waits
  const std::optional<Error> failure = Failure();
  return failure ? Status(*failure) : Status();
}

bool Crew::WaitForTheRest(std::chrono::milliseconds time) {
  constexpr std::chrono::milliseconds kLook{20};
  for (auto left = time;; left -= kLook) {
    {
      const std::lock_guard<std::mutex> guard(mutex_);
      std::erase_if(members_, [](const Member& member) { return member.ended->load(); });
      if (members_.empty()) return true;
    }
    if (left <= kLook) return false;
    std::this_thread::sleep_for(kLook);
  }
}

bool WaitFor(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock<std::mutex> lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace latecomer
