// The thread behind HttpClient: takes requests, sends each when politeness allows, follows
// redirects hop by hop, and tries again what may be tried again.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/http_message.h"
#include "ingest/http_politeness.h"
#include "ingest/http_transfer.h"
#include "ingest/url.h"

namespace latecomer {

struct HttpEngineSettings {
  HttpTransferSettings transfer;
  HttpHostRules rules;
  std::size_t waiting_max = 0;
  std::function<TimeMs()> clock;  // required
  bool clock_is_real = true;      // else it is looked at again and again
};

class HttpEngine {
 public:
  using Done = std::function<void(Result<HttpResponse>)>;

  explicit HttpEngine(HttpEngineSettings settings);
  ~HttpEngine();
  HttpEngine(const HttpEngine&) = delete;
  HttpEngine& operator=(const HttpEngine&) = delete;

  // `done` is called once, in the thread. With a pipe the answer is a stream: `done` gets its head,
  // then the pipe is filled and finished; on an error the pipe is left alone. The id is for Cancel
  // and Resume.
  std::uint64_t Submit(const HttpRequest& request, std::shared_ptr<HttpPipe> pipe,
                       std::chrono::milliseconds silence_max, Done done, std::stop_token stop);
  // Asks for leave to make `request` by other means than a transfer. `done` gets an empty response
  // once it may go: it then counts as sent, and as on its way until it is cancelled or reported on.
  std::uint64_t SubmitLeave(const HttpRequest& request, Done done, std::stop_token stop);
  // What came of it: a status with its headers; 0, no answer; -1, nothing that says anything of the
  // host. Gives how long its host, as far as is known, is not to be asked.
  std::chrono::milliseconds Report(std::uint64_t id, int status, const HttpHeaders& headers);
  const HttpTransferSettings& transfer_settings() const { return settings_.transfer; }
  std::shared_ptr<HttpTally> TallyOf(const std::string& host);

  void Cancel(std::uint64_t id);
  void Resume(std::uint64_t id);
  void Tighten(const std::string& host, const HttpHostRules& rules);
  void Restore(const std::string& host, const std::string& limit_key, std::uint32_t requests,
               std::chrono::milliseconds age);
  std::map<std::string, std::shared_ptr<const HttpTally>> Hosts() const;

 private:
  using SteadyTime = HttpTransfer::Clock::time_point;

  struct Canceller {
    HttpEngine* engine;
    std::uint64_t id;
    void operator()() const { engine->Cancel(id); }
  };

  // A request from Submit to `done`; a stream, to its end.
  struct Job {
    std::uint64_t id = 0;
    HttpRequest request;
    std::shared_ptr<HttpPipe> pipe;
    std::chrono::milliseconds silence_max{0};
    bool leave_only = false;
    Done done;  // empty once it has been called
    std::stop_token stop;
    std::optional<std::stop_callback<Canceller>> on_stop;

    Url first_url;
    Url url;  // of this hop
    bool with_credentials = true;
    bool moved_permanently = true;  // as far as it has gone
    int hops = 0;
    int attempt = 1;
    HttpPoliteness::Asker asker;
    HttpPoliteness::Ticket ticket;
    std::shared_ptr<HttpTally> host_tally;

    TimeMs queued_at = 0;
    TimeMs not_before = 0;
    bool wait_counted = false;
    std::string last_failure;  // of the attempt before

    std::unique_ptr<HttpTransfer> transfer;  // while it is on its way
    SteadyTime deadline;                     // of the attempt
    std::uint64_t bytes_counted = 0;         // of the transfer
  };
  // Those that wait to be sent to one host.
  struct Queue {
    std::deque<Job*> jobs;
    TimeMs look_at = 0;  // when one of them may go, unless something changes before
  };

  std::uint64_t Submit(std::unique_ptr<Job> job);
  void Post(std::function<void()> command);
  void Main();
  void RunCommands();
  void CancelAll();

  void Accept(std::unique_ptr<Job> job);
  void Enqueue(Job& job);
  void Dequeue(Job& job);
  void StartAllowed();
  bool StartOne(Job& job, TimeMs now, TimeMs& next);
  void Begin(Job& job, TimeMs now);

  void ReadFinished();
  void ReadHeads();
  void CheckStreams();
  void Conclude(Job& job, std::optional<HttpTransfer::Failure> failure);
  void Leave(Job& job);
  static void CountBytes(Job& job);
  void Settle(Job& job, int status);
  void Settle(Job& job, int status, const HttpHeaders& headers);
  void Answer(Job& job);
  void Redirect(Job& job, const std::string& location);
  void Aim(Job& job, const Url& url);
  void TryAgain(Job& job, std::string why);
  void Complete(Job& job, Result<HttpResponse> result);
  void Drop(Job& job, const Error& error);

  int WaitMs() const;
  bool MayTryAgain(const Job& job) const;
  static HttpResponse TakeResponse(Job& job);
  static std::string NameOf(const Job& job);
  std::chrono::milliseconds WaitOf(const Job& job);
  template <typename Add>
  static void Count(const Job& job, Add add) {
    add(*job.host_tally);
    if (job.request.tally) add(*job.request.tally);
  }

  struct MultiFree {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  struct CurlLibrary {
    CurlLibrary() { curl_global_init(CURL_GLOBAL_DEFAULT); }
    ~CurlLibrary() { curl_global_cleanup(); }
    CurlLibrary(const CurlLibrary&) = delete;
    CurlLibrary& operator=(const CurlLibrary&) = delete;
  };

  const CurlLibrary library_;
  const HttpEngineSettings settings_;
  const std::unique_ptr<CURLM, MultiFree> multi_;

  mutable std::mutex mutex_;
  std::vector<std::function<void()>> commands_;  // guarded by mutex_, as what follows
  bool closing_ = false;
  std::uint64_t last_id_ = 0;
  std::map<std::string, std::shared_ptr<HttpTally>> tallies_;

  // Of the thread.
  HttpPoliteness politeness_;
  std::minstd_rand random_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Job>> jobs_;
  std::map<std::string, Queue> queues_;
  std::size_t waiting_ = 0;
  std::size_t streams_ = 0;  // on their way
  std::vector<HttpTransfer*> heads_;
  SteadyTime streams_checked_;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace latecomer
