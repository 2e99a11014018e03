#include "ingest/source_run.h"

#include <exception>

#include "base/log.h"

namespace latecomer {
namespace {

constexpr std::chrono::milliseconds kLook{20};

bool IsStreamsEnd(const Error& error) {
  return error.code == ErrorCode::kFatal || error.code == ErrorCode::kCorrupt;
}

bool IsWorthWaiting(const Error& error) {
  return error.code == ErrorCode::kRetryLater || error.code == ErrorCode::kConflict;
}

}  // namespace

const char* SourceStateName(SourceState state) {
  switch (state) {
    case SourceState::kStarting:
      return "starting";
    case SourceState::kRunning:
      return "running";
    case SourceState::kWaiting:
      return "waiting";
    case SourceState::kFinished:
      return "done";
    case SourceState::kGivenUp:
      return "failed";
    case SourceState::kStopped:
      return "stopped";
  }
  return "";
}

SourceRun::SourceRun(Stream& stream, SourceSpec spec, TopicPartition partition,
                     const GroupSeat& seat, SourceCounters& counters,
                     const SourceRunSettings& settings)
    : stream_(stream),
      spec_(std::move(spec)),
      partition_(std::move(partition)),
      seat_(seat),
      counters_(counters),
      settings_(settings),
      restart_(settings.restart_first, settings.restart_most),
      outage_("source " + spec_.name),
      thread_([this] { Main(); }) {}

SourceRun::~SourceRun() {
  stop_.request_stop();
  thread_.join();
}

void SourceRun::RequestStop() {
  if (stop_.request_stop()) stop_requested_at_ = std::chrono::steady_clock::now();
}

bool SourceRun::WantsCursors() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return wants_cursors_;
}

void SourceRun::GiveCursors(Cursors cursors, std::int64_t end) {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    given_.emplace(std::move(cursors), end);
    wants_cursors_ = false;
  }
  changed_.notify_all();
}

SourceRun::View SourceRun::view() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return view_;
}

std::optional<bool> SourceRun::is_finite() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return is_finite_;
}

std::optional<Error> SourceRun::stream_failure() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return stream_failure_;
}

void SourceRun::Show(SourceState state, std::string message) {
  const std::lock_guard<std::mutex> guard(mutex_);
  view_ = {state, std::move(message)};
}

void SourceRun::FailStream(const Error& error) {
  const std::lock_guard<std::mutex> guard(mutex_);
  stream_failure_ = error;
}

bool SourceRun::WaitFor(std::chrono::milliseconds time) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait_for(lock, stop_.get_token(), time, [] { return false; });
  return !stop_.stop_requested();
}

void SourceRun::Main() {
  SourceState state = SourceState::kGivenUp;
  std::string message;
  try {
    state = Work();
    message = view().message;
  } catch (const std::exception& error) {  // out of memory, of threads: nothing a source does
    message = error.what();
    spdlog::error("source {}: {}", spec_.name, message);
  }
  writer_.reset();
  source_.reset();
  Show(state, std::move(message));
  ended_ = true;
}

void SourceRun::WaitAfter(const Error& error) {
  Show(SourceState::kWaiting, error.message);
  if (progressed_) restart_.Reset();
  if (broken_) {
    // Each time that ingesters come and go some commits are refused: nothing is wrong with it.
    ++counters_.fenced;
    spdlog::info("source {}: {} (it begins anew if it is still owned here)", spec_.name,
                 error.message);
    WaitToReopen(error.retry_after);
    return;
  }
  ++counters_.failures;
  outage_.Failed(error.message);
  WaitFor(restart_.Next(error.retry_after));
}

// Until the group has confirmed the ownership by a newer generation, or the loop has had the time
// to learn that it is gone.
void SourceRun::WaitToReopen(std::chrono::milliseconds asked) {
  const auto until = std::chrono::steady_clock::now() + std::max(asked, settings_.reopen_wait);
  while (std::chrono::steady_clock::now() < until && WaitFor(kLook)) {
    const GroupMetadata now = seat_.Get();
    if (owned_ && now.member == failed_group_.member && now.generation > failed_group_.generation) {
      return;
    }
  }
}

SourceState SourceRun::Work() {
  while (!stop_.stop_requested()) {
    Show(SourceState::kStarting, view().message);
    progressed_ = false;
    const Status status = Attempt();
    if (stop_.stop_requested()) break;
    if (stream_failure()) return SourceState::kGivenUp;
    if (status && is_finite().value_or(false)) {
      outage_.Worked();
      spdlog::info("source {}: done", spec_.name);
      Show(SourceState::kFinished, "");
      return SourceState::kFinished;
    }
    const Error error = status ? RetryLater("it ended by itself") : status.error();
    if (!IsWorthWaiting(error)) {
      ++counters_.failures;
      spdlog::error("source {}: {} (stopped until the settings are read again)", spec_.name,
                    error.message);
      Show(SourceState::kGivenUp, error.message);
      return SourceState::kGivenUp;
    }
    WaitAfter(error);
  }
  return SourceState::kStopped;
}

Status SourceRun::Attempt() {
  if (Status prepared = Prepare(); !prepared) return prepared;
  if (stop_.stop_requested()) return {};
  Show(SourceState::kRunning, "");
  ++counters_.starts;
  Status ran = RunSource();
  source_.reset();
  // Whatever the source made of it: its writer's failure is the one that counts.
  return broken_ ? Status(*broken_) : ran;
}

Status SourceRun::Prepare() {
  if (Status right = CheckSourceSpec(spec_); !right) return right;
  Result<std::unique_ptr<Source>> source = settings_.make(spec_);
  if (!source) return source.error();
  if (settings_.http == nullptr && AsksNetwork(spec_.kind)) {
    return Invalid(
        "it asks the network, which needs `contact` below [ingest]: whom those who run "
        "the servers can turn to, a URL or an address of mail");
  }
  source_ = std::move(*source);
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    is_finite_ = source_->IsFinite();
  }
  if (writer_ && !broken_) return {};  // and the cursors are as they were left
  if (Status opened = OpenWriter(); !opened) return opened;
  return AwaitCursors();
}

Status SourceRun::OpenWriter() {
  writer_.reset();
  broken_.reset();
  Result<PostWriter> writer = PostWriter::Open(stream_, spec_.name);
  if (!writer) {
    if (IsStreamsEnd(writer.error())) FailStream(writer.error());
    return writer.error();
  }
  writer_.emplace(std::move(*writer));
  return {};
}

Status SourceRun::AwaitCursors() {
  std::unique_lock<std::mutex> lock(mutex_);
  wants_cursors_ = true;
  changed_.wait(lock, stop_.get_token(), [this] { return given_.has_value(); });
  wants_cursors_ = false;
  if (!given_) return {};  // stopped
  cursors_ = std::move(given_->first);
  fence_offset_ = given_->second;
  given_.reset();
  return {};
}

Status SourceRun::RunSource() {
  try {
    return source_->Run(*this);
  } catch (const std::exception& error) {
    return RetryLater(std::string("it failed unexpectedly: ") + error.what());
  } catch (...) {
    return RetryLater("it failed unexpectedly");
  }
}

Status SourceRun::Write(PostBatch& batch) {
  if (broken_) return *broken_;
  if (batch.IsEmpty()) return {};
  Backoff again(settings_.write_again_first, settings_.write_again_most);
  for (;;) {
    const Status written = WriteOnce(batch);
    if (written) {
      outage_.Worked();
      Apply(batch);
      return {};
    }
    const Error& error = written.error();
    if (error.code != ErrorCode::kRetryLater) {
      broken_ = error;
      if (IsStreamsEnd(error)) FailStream(error);
      return error;
    }
    ++counters_.batches_again;
    outage_.Failed(error.message);
    // The group may have a new generation: what is tried next carries it.
    if (!WaitFor(again.Next(error.retry_after)) || !owned_) return error;
  }
}

Status SourceRun::WriteOnce(const PostBatch& batch) {
  const SourceFence fence{seat_.Get(), partition_, fence_offset_};
  // Not every stream refuses offsets of one who has no place in the group.
  if (fence.group.member.empty()) return RetryLater("the group has given it no place yet");
  writing_ = true;
  Status written = writer_->Write(batch, &fence, [this] { return owned_.load(); });
  writing_ = false;
  if (!written) failed_group_ = fence.group;
  return written;
}

void SourceRun::Apply(PostBatch& batch) {
  for (const auto& [key, value] : batch.cursors()) {
    if (value) {
      cursors_.insert_or_assign(key, *value);
    } else {
      cursors_.erase(key);
    }
  }
  counters_.posts += batch.posts();
  counters_.rejects += batch.rejects();
  ++counters_.batches;
  progressed_ = true;
  batch.Clear();
}

}  // namespace latecomer
