// What the engine does with answers: redirects, retries, streams, and what is told to whom.
#include <algorithm>
#include <array>
#include <future>
#include <utility>

#include "ingest/http_check.h"
#include "ingest/http_engine.h"
#include "ingest/http_rate.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr int kHopsMax = 5;
constexpr std::int64_t kAgainFirstMs = 500;
constexpr int kAgainDoublingsMax = 6;
constexpr milliseconds kStreamsCheck{50};

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Asked again, the host may answer otherwise.
bool IsPassing(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

std::atomic<std::uint64_t>& StatusCounter(HttpTally& tally, int status) {
  if (status == 429) return tally.status_429;
  if (status >= 500) return tally.status_5xx;
  if (status >= 400) return tally.status_4xx;
  return status >= 300 ? tally.status_3xx : tally.status_2xx;
}

// The same host, or the same host by TLS where it was meant without.
bool KeepsCredentials(const Url& from, const Url& to) {
  if (to.HasOriginOf(from)) return true;
  return from.host == to.host && from.scheme == "http" && from.port == 80 && to.scheme == "https" &&
         to.port == 443;
}

}  // namespace

void HttpEngine::ReadFinished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* self = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    const auto* transfer = reinterpret_cast<HttpTransfer*>(self);
    Conclude(*static_cast<Job*>(transfer->owner()), transfer->FailureOf(code));
  }
}

// Streams whose headers have come: their answer is known, before its end.
void HttpEngine::ReadHeads() {
  std::vector<HttpTransfer*> heads;
  heads.swap(heads_);
  for (const HttpTransfer* transfer : heads) {
    Job& job = *static_cast<Job*>(transfer->owner());
    if (job.transfer.get() != transfer || !job.done) continue;  // trailers
    if (transfer->status() >= 300) {
      Conclude(job, std::nullopt);
      continue;
    }
    Settle(job, transfer->status());
    const Done done = std::exchange(job.done, nullptr);
    done(TakeResponse(job));
  }
}

void HttpEngine::CheckStreams() {
  const SteadyTime now = HttpTransfer::Clock::now();
  if (streams_ == 0 || now < streams_checked_ + kStreamsCheck) return;
  streams_checked_ = now;
  std::vector<Job*> lost;
  for (const auto& [id, job] : jobs_) {
    if (!job->pipe || !job->transfer) continue;
    CountBytes(*job);
    const auto last_bytes = job->transfer->last_bytes();
    const bool late =
        job->done ? now > job->deadline : last_bytes && now > *last_bytes + job->silence_max;
    if (late) lost.push_back(job.get());
  }
  for (Job* job : lost) {
    const std::string what = job->done ? ": no answer in time" : ": silent for too long";
    Conclude(*job, HttpTransfer::Failure{RetryLater(NameOf(*job) + what)});
  }
}

void HttpEngine::Settle(Job& job, int status) { Settle(job, status, job.transfer->headers()); }

// Tells politeness and the counters what came of it; -1: nothing that says anything of the host.
void HttpEngine::Settle(Job& job, int status, const HttpHeaders& headers) {
  HttpPoliteness::Outcome outcome;
  outcome.status = status;
  if (status > 0) outcome.rate = ReadHttpRate(headers, Now());
  politeness_.Finished(job.asker, job.ticket, outcome, settings_.clock());
  const auto queue = queues_.find(job.asker.host);
  if (queue != queues_.end()) queue->second.look_at = 0;
  if (status > 0) Count(job, [status](HttpTally& tally) { ++StatusCounter(tally, status); });
  if (status == 0) Count(job, [](HttpTally& tally) { ++tally.failures; });
}

// The transfer is over: takes it off the multi handle. Its answer can still be read.
void HttpEngine::Leave(Job& job) {
  HttpTransfer& transfer = *job.transfer;
  curl_multi_remove_handle(multi_.get(), transfer.handle());
  std::erase(heads_, &transfer);
  if (job.pipe) --streams_;
  CountBytes(job);
  const std::uint64_t connections = transfer.ConnectionsOpened();
  Count(job, [connections](HttpTally& tally) { tally.connections += connections; });
}

// Those that have come since they were counted last.
void HttpEngine::CountBytes(Job& job) {
  const std::uint64_t all = job.transfer->BytesReceived();
  const std::uint64_t more = all - std::min(all, std::exchange(job.bytes_counted, all));
  Count(job, [more](HttpTally& tally) { tally.bytes += more; });
}

void HttpEngine::Conclude(Job& job, std::optional<HttpTransfer::Failure> failure) {
  Leave(job);
  if (job.pipe && !job.done) {
    job.pipe->Finish(failure ? std::optional<Error>(failure->error) : std::nullopt);
    jobs_.erase(job.id);
    return;
  }
  if (!failure) {
    Settle(job, job.transfer->status());
    return Answer(job);
  }
  const bool passing = failure->error.code == ErrorCode::kRetryLater;
  Settle(job, passing ? 0 : -1);
  if (passing && !failure->final && MayTryAgain(job)) return TryAgain(job, failure->error.message);
  if (passing) failure->error.retry_after = WaitOf(job);
  Complete(job, std::move(failure->error));
}

void HttpEngine::Answer(Job& job) {
  const int status = job.transfer->status();
  const std::string& location = job.transfer->headers().Get("location");
  if (IsRedirect(status) && !location.empty()) return Redirect(job, location);
  HttpResponse response = TakeResponse(job);
  if (IsPassing(status) && !(status == 429 && job.request.gives_429 && !job.pipe)) {
    Error error = CheckStatus(response).error();
    if (MayTryAgain(job)) return TryAgain(job, error.message);
    error.retry_after = WaitOf(job);
    return Complete(job, std::move(error));
  }
  if (job.pipe) {
    const Status status_of_stream = CheckStatus(response);
    return Complete(
        job, status_of_stream ? Invalid(NameOf(job) + ": no stream") : status_of_stream.error());
  }
  Complete(job, std::move(response));
}

void HttpEngine::Redirect(Job& job, const std::string& location) {
  if (job.request.method != HttpMethod::kGet) {
    return Complete(job, Invalid(NameOf(job) + " is redirected, which a POST does not follow"));
  }
  if (++job.hops > kHopsMax) {
    return Complete(job, Invalid(NameOf(job) + " is redirected more than " +
                                 std::to_string(kHopsMax) + " times"));
  }
  const Result<Url> next = ResolveUrl(job.url, location);
  if (!next) {
    return Complete(job, Invalid(NameOf(job) + " redirects to " + next.error().message));
  }
  if (job.url.scheme == "https" && next->scheme != "https") {
    return Complete(job, Invalid(NameOf(job) + " redirects from https to http"));
  }
  const int status = job.transfer->status();
  job.moved_permanently = job.moved_permanently && (status == 301 || status == 308);
  job.with_credentials = job.with_credentials && KeepsCredentials(job.url, *next);
  job.transfer.reset();
  Aim(job, *next);
  Enqueue(job);
}

// Turns the job to a URL, and to the limits of its host.
void HttpEngine::Aim(Job& job, const Url& url) {
  job.url = url;
  job.asker.host = url.Authority();
  // What the caller knows of limits is about the host that it meant.
  const bool meant = job.asker.host == job.first_url.Authority();
  job.asker.limit_keys = meant ? job.request.limit_keys : std::vector<std::string>();
  job.asker.budget_share = job.request.budget_share;
  job.host_tally = TallyOf(job.asker.host);
}

bool HttpEngine::MayTryAgain(const Job& job) const {
  return job.request.method == HttpMethod::kGet && job.attempt < job.request.attempts;
}

void HttpEngine::TryAgain(Job& job, std::string why) {
  const std::int64_t wait = kAgainFirstMs << std::min(job.attempt - 1, kAgainDoublingsMax);
  std::uniform_int_distribution<std::int64_t> jitter(wait, wait + wait / 2);
  job.not_before = settings_.clock() + jitter(random_);
  job.last_failure = std::move(why);
  ++job.attempt;
  Count(job, [](HttpTally& tally) { ++tally.retries; });
  job.transfer.reset();
  job.hops = 0;
  job.with_credentials = true;
  job.moved_permanently = true;
  Aim(job, job.first_url);
  Enqueue(job);
}

HttpResponse HttpEngine::TakeResponse(Job& job) {
  HttpResponse response;
  response.status = job.transfer->status();
  response.url = job.url.text;
  response.moved_permanently = job.hops > 0 && job.moved_permanently;
  response.headers = job.transfer->headers();
  response.body = job.transfer->TakeBody();
  return response;
}

// How long its host, as far as is known, is not to be asked.
milliseconds HttpEngine::WaitOf(const Job& job) {
  return politeness_.Ask(job.asker, settings_.clock()).wait;
}

std::string HttpEngine::NameOf(const Job& job) {
  return (job.request.method == HttpMethod::kPost ? "POST " : "GET ") + LoggableUrl(job.url.text);
}

void HttpEngine::Complete(Job& job, Result<HttpResponse> result) {
  Dequeue(job);
  const Done done = std::move(job.done);
  jobs_.erase(job.id);
  done(std::move(result));
}

milliseconds HttpEngine::Report(std::uint64_t id, int status, const HttpHeaders& headers) {
  const auto wait = std::make_shared<std::promise<milliseconds>>();
  std::future<milliseconds> told = wait->get_future();
  Post([this, id, status, headers, wait] {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return wait->set_value(milliseconds(0));
    Job& job = *found->second;
    Settle(job, status, headers);
    wait->set_value(WaitOf(job));
    jobs_.erase(found);
  });
  return told.get();
}

// Ends it in whatever state it is.
void HttpEngine::Drop(Job& job, const Error& error) {
  if (job.leave_only && !job.done) {
    Settle(job, -1, HttpHeaders());
    jobs_.erase(job.id);
    return;
  }
  if (!job.transfer) return Complete(job, error);
  Leave(job);
  if (job.pipe && !job.done) {
    job.pipe->Finish(error);
    jobs_.erase(job.id);
    return;
  }
  Settle(job, -1);
  Complete(job, error);
}

}  // namespace latecomer
