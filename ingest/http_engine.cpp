// The thread, its commands and its queues; http_engine_answers.cpp has what is done with answers.
#include "ingest/http_engine.h"

#include <signal.h>  // NOLINT: pthread_sigmask is POSIX's

#include <algorithm>
#include <limits>
#include <new>

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr TimeMs kNever = std::numeric_limits<TimeMs>::max();
constexpr int kPollMsMax = 1'000;
constexpr int kPollMsSimulated = 10;
constexpr int kPollMsStreams = 100;      // how exactly their silence is noticed
constexpr std::size_t kLookMax = 1'000;  // of a host's queue at once
constexpr std::size_t kTalliesMax = 4'096;
constexpr char kStopped[] = "a request was stopped";
constexpr long kIdleConnectionsMax = 64;

}  // namespace

HttpEngine::HttpEngine(HttpEngineSettings settings)
    : settings_(std::move(settings)),
      multi_(curl_multi_init()),
      politeness_(settings_.rules, std::random_device{}()),
      random_(std::random_device{}()) {
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
  // Signals are for the threads that wait for them; SIGPIPE, which TLS may raise, for nobody.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Main(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

HttpEngine::~HttpEngine() {
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
  }
  curl_multi_wakeup(multi_.get());
  thread_.join();
}

void HttpEngine::Post(std::function<void()> command) {
  {
    const std::scoped_lock lock(mutex_);
    commands_.push_back(std::move(command));
  }
  curl_multi_wakeup(multi_.get());
}

std::uint64_t HttpEngine::Submit(const HttpRequest& request, std::shared_ptr<HttpPipe> pipe,
                                 milliseconds silence_max, Done done, std::stop_token stop) {
  auto job = std::make_unique<Job>();
  job->request = request;
  job->pipe = std::move(pipe);
  job->silence_max = silence_max;
  job->done = std::move(done);
  job->stop = std::move(stop);
  return Submit(std::move(job));
}

std::uint64_t HttpEngine::SubmitLeave(const HttpRequest& request, Done done, std::stop_token stop) {
  auto job = std::make_unique<Job>();
  job->request = request;
  job->leave_only = true;
  job->done = std::move(done);
  job->stop = std::move(stop);
  return Submit(std::move(job));
}

std::uint64_t HttpEngine::Submit(std::unique_ptr<Job> job) {
  {
    const std::scoped_lock lock(mutex_);
    job->id = ++last_id_;
  }
  const std::uint64_t id = job->id;
  // std::function wants what it holds to be copyable; the job is not.
  Post([this, held = std::make_shared<std::unique_ptr<Job>>(std::move(job))] {
    Accept(std::move(*held));
  });
  return id;
}

void HttpEngine::Cancel(std::uint64_t id) {
  Post([this, id] {
    const auto found = jobs_.find(id);
    if (found != jobs_.end()) Drop(*found->second, RetryLater(kStopped));
  });
}

void HttpEngine::Resume(std::uint64_t id) {
  Post([this, id] {
    const auto found = jobs_.find(id);
    if (found != jobs_.end() && found->second->transfer) found->second->transfer->Resume();
  });
}

void HttpEngine::Tighten(const std::string& host, const HttpHostRules& rules) {
  Post([this, host, rules] { politeness_.Tighten(host, rules); });
}

void HttpEngine::Restore(const std::string& host, const std::string& limit_key,
                         std::uint32_t requests, milliseconds age) {
  Post([this, host, limit_key, requests, age] {
    politeness_.Restore(host, limit_key, requests, settings_.clock() - age.count());
  });
}

std::map<std::string, std::shared_ptr<const HttpTally>> HttpEngine::Hosts() const {
  const std::scoped_lock lock(mutex_);
  return {tallies_.begin(), tallies_.end()};
}

std::shared_ptr<HttpTally> HttpEngine::TallyOf(const std::string& host) {
  const std::scoped_lock lock(mutex_);
  const auto found = tallies_.find(host);
  if (found != tallies_.end()) return found->second;
  // Redirects may lead to any number of hosts.
  std::shared_ptr<HttpTally>& tally = tallies_[tallies_.size() < kTalliesMax ? host : "(others)"];
  if (tally == nullptr) tally = std::make_shared<HttpTally>();
  return tally;
}

void HttpEngine::Main() {
  for (;;) {
    RunCommands();
    {
      const std::scoped_lock lock(mutex_);
      if (closing_) break;
    }
    StartAllowed();
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    ReadHeads();
    ReadFinished();
    CheckStreams();
    StartAllowed();
    curl_multi_poll(multi_.get(), nullptr, 0, WaitMs(), nullptr);
  }
  CancelAll();
}

void HttpEngine::RunCommands() {
  std::vector<std::function<void()>> commands;
  {
    const std::scoped_lock lock(mutex_);
    commands.swap(commands_);
  }
  for (const std::function<void()>& command : commands) command();
}

// What was submitted last is told, too, that nothing comes of it.
void HttpEngine::CancelAll() {
  RunCommands();
  while (!jobs_.empty()) Drop(*jobs_.begin()->second, RetryLater("the HTTP client is closing"));
}

int HttpEngine::WaitMs() const {
  {
    const std::scoped_lock lock(mutex_);
    if (!commands_.empty() || closing_) return 0;
  }
  TimeMs next = kNever;
  for (const auto& [host, queue] : queues_) next = std::min(next, queue.look_at);
  std::int64_t wait = kPollMsMax;
  if (streams_ > 0) wait = kPollMsStreams;
  if (next == kNever) return static_cast<int>(wait);
  if (!settings_.clock_is_real) return kPollMsSimulated;
  return static_cast<int>(std::clamp<std::int64_t>(next - settings_.clock(), 0, wait));
}

void HttpEngine::Accept(std::unique_ptr<Job> owned) {
  Job& job = *owned;
  jobs_.emplace(job.id, std::move(owned));
  if (const Status sound = CheckHttpRequest(job.request); !sound) {
    return Complete(job, sound.error());
  }
  const Result<Url> url = ParseUrl(job.request.url);
  if (!url) return Complete(job, url.error());
  if (job.stop.stop_requested()) return Complete(job, RetryLater(kStopped));
  if (waiting_ >= settings_.waiting_max) {
    return Complete(job, RetryLater("too many requests wait to be sent"));
  }
  job.first_url = *url;
  Aim(job, *url);
  Enqueue(job);
  // Where the stop has just been requested, this posts the cancellation by itself.
  job.on_stop.emplace(job.stop, Canceller{this, job.id});
}

void HttpEngine::Enqueue(Job& job) {
  job.queued_at = settings_.clock();
  job.wait_counted = false;
  Queue& queue = queues_[job.asker.host];
  queue.jobs.push_back(&job);
  queue.look_at = 0;
  ++waiting_;
}

void HttpEngine::Dequeue(Job& job) {
  const auto found = queues_.find(job.asker.host);
  if (found == queues_.end()) return;
  if (std::erase(found->second.jobs, &job) > 0) --waiting_;
  if (found->second.jobs.empty()) queues_.erase(found);
}

void HttpEngine::StartAllowed() {
  if (queues_.empty()) return;
  const TimeMs now = settings_.clock();
  std::vector<std::string> due;
  for (const auto& [host, queue] : queues_) {
    if (queue.look_at <= now) due.push_back(host);
  }
  // A callback of a request that is given up may submit others, but these are only posted.
  for (const std::string& host : due) {
    TimeMs next = kNever;
    for (std::size_t i = 0; i < kLookMax;) {
      const auto found = queues_.find(host);
      if (found == queues_.end() || i >= found->second.jobs.size()) break;
      if (!StartOne(*found->second.jobs[i], now, next)) ++i;
    }
    const auto found = queues_.find(host);
    if (found != queues_.end()) found->second.look_at = next;
  }
}

// False: it goes on waiting, and `next` is no later than its time to be looked at.
bool HttpEngine::StartOne(Job& job, TimeMs now, TimeMs& next) {
  using Why = HttpPoliteness::Why;
  HttpPoliteness::Verdict verdict = politeness_.Ask(job.asker, now);
  if (verdict.why == Why::kGo && now < job.not_before) {
    verdict = {Why::kNoAnswer, milliseconds(job.not_before - now)};
  }
  if (verdict.why == Why::kGo) {
    if (job.wait_counted) {
      const auto waited = static_cast<std::uint64_t>(std::max<TimeMs>(now - job.queued_at, 0));
      Count(job, [waited](HttpTally& tally) { tally.wait_ms += waited; });
    }
    Dequeue(job);
    Begin(job, now);
    return true;
  }
  if (verdict.why == Why::kBusy) return false;  // something will finish, and look again
  if (verdict.why != Why::kSpacing && !job.wait_counted) {
    job.wait_counted = true;
    Count(job, [](HttpTally& tally) { ++tally.waits; });
  }
  if (now - job.queued_at + verdict.wait.count() > job.request.wait_max.count()) {
    Error error =
        RetryLater(job.last_failure.empty() ? LoggableUrl(job.url.text) + " must wait for what " +
                                                  job.url.host + " allows"
                                            : job.last_failure);
    error.retry_after = verdict.wait;
    Complete(job, std::move(error));
    return true;
  }
  next = std::min(next, now + verdict.wait.count());
  return false;
}

void HttpEngine::Begin(Job& job, TimeMs now) {
  job.ticket = politeness_.Started(job.asker, now);
  if (job.leave_only) {
    Count(job, [](HttpTally& tally) { ++tally.requests; });
    const Done done = std::exchange(job.done, nullptr);
    return done(HttpResponse());
  }
  const SteadyTime steady = HttpTransfer::Clock::now();
  if (job.hops == 0) job.deadline = steady + job.request.deadline;
  HttpTransfer::Plan plan;
  plan.request = &job.request;
  plan.url = job.url;
  plan.with_credentials = job.with_credentials;
  plan.deadline = std::chrono::duration_cast<milliseconds>(job.deadline - steady);
  plan.pipe = job.pipe.get();
  plan.gives_429 = job.request.gives_429;
  plan.heads = job.pipe ? &heads_ : nullptr;
  job.transfer = std::make_unique<HttpTransfer>(settings_.transfer, std::move(plan), &job);
  job.bytes_counted = 0;
  if (job.pipe) ++streams_;
  Count(job, [](HttpTally& tally) { ++tally.requests; });
  curl_multi_add_handle(multi_.get(), job.transfer->handle());
}

}  // namespace latecomer
