// The contract of a source: what pulls posts about the followed hashtags from one place where
// people talk, and writes them to the stream. docs/adding-a-source.md shows how to add one.
//
// A source runs in a thread of its own, of which it is the only user: none of its calls is
// concurrent with another. It never sees the stream. It reads its cursors, asks its network, fills
// a PostBatch with what came and with the cursors that this moves, and gives it to Write, which
// makes all of it one transaction: data and cursor become durable together or not at all. Nothing
// is open while a source waits for its network.
//
// A source may be stopped at any instant, also by kill -9, and goes on from its durable cursors,
// perhaps on another host: positions, schedules of what to fetch again and when, and stretches of
// time already covered belong in cursors, and nothing else is kept. What it then pulls a second
// time does no harm (the same post folds into itself), but costs its network's patience.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/post_batch.h"

namespace latecomer {

class HttpClient;

// A hashtag that a source is asked for.
struct FollowedHashtag {
  std::string hashtag;               // folded: the key of its timeline
  std::string display;               // as its organiser writes it; may be empty
  std::vector<std::string> aliases;  // folded; they belong to the same conversation
  bool operator==(const FollowedHashtag&) const = default;
};

// What a source is made from.
struct SourceSpec {
  // Unique among all ingesters, 1-100 bytes without blanks and controls: cursors, coverage and
  // transactions hang on it. Renaming a source makes it start anew.
  std::string name;
  std::string kind;
  std::vector<FollowedHashtag> hashtags;
  // As the settings name them (base, path, token_file, …). Secrets are paths of files, read by the
  // source when it starts, so that a new secret needs a reload only.
  std::map<std::string, std::string, std::less<>> options;
  bool once = false;  // read what is there now, then be done, if the source can know when that is
  bool operator==(const SourceSpec&) const = default;

  // The option's value; "" where it is not set.
  const std::string& Option(std::string_view name) const;
  // Its value, split at blanks: `base` may name several servers.
  std::vector<std::string> OptionList(std::string_view name) const;
  // A time as RFC 3339 has it (`since`); nothing where it is not set. kInvalid: it is none.
  Result<std::optional<TimeMs>> OptionTime(std::string_view name) const;
  // A duration ("30d"); nothing where it is not set. kInvalid: it is none.
  Result<std::optional<std::chrono::milliseconds>> OptionDuration(std::string_view name) const;
  // A whole number from `least` to `most`; `preset` where it is not set. kInvalid: another.
  Result<std::int64_t> OptionNumber(std::string_view name, std::int64_t preset, std::int64_t least,
                                    std::int64_t most) const;
  // "true" or "false"; nothing where it is not set. kInvalid: something else.
  Result<std::optional<bool>> OptionFlag(std::string_view name) const;
  // The keys of the timelines that a post belongs to which carries these hashtags (folded): each
  // once, in the order of `hashtags`.
  std::vector<std::string> KeysOf(const std::vector<std::string>& carried) const;
};

// kInvalid: an option is set that is not one of these.
Status CheckOptions(const SourceSpec& spec, std::initializer_list<std::string_view> known);

// A source's durable positions by key, without the source's name; their form is the source's own.
using Cursors = std::map<std::string, std::string, std::less<>>;

// What a source has done since the daemon started. Only its thread writes them, any may read.
struct SourceCounters {
  // Counted by the source.
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> bytes{0};       // received
  std::atomic<std::uint64_t> duplicates{0};  // seen and not written, since they were written before
  std::atomic<std::uint64_t> waits{0};       // for a rate limit, or because the other side said so
  std::atomic<std::uint64_t> wait_ms{0};
  // The time up to which everything has been pulled, for the lag behind now; 0: not known.
  std::atomic<TimeMs> read_until{0};
  // Requests of which it is known that they are still needed before all that is there now has been
  // read; 0: none, or not known.
  std::atomic<std::uint64_t> left{0};
  // Counted by Write.
  std::atomic<std::uint64_t> posts{0};  // records, one under each hashtag
  std::atomic<std::uint64_t> rejects{0};
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> batches_again{0};  // tried again: the log was away
  // Counted by who runs it.
  std::atomic<std::uint64_t> starts{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> fenced{0};  // commits refused: the group or the owner has changed
};

// What a source works with. Valid while Run runs, and only in its thread.
class SourceContext {
 public:
  virtual ~SourceContext() = default;

  virtual const SourceSpec& spec() const = 0;
  // Once it is requested, Run must return within a second: use std::stop_callback to wake what
  // waits elsewhere.
  virtual std::stop_token stop() const = 0;
  bool stopped() const { return stop().stop_requested(); }

  // The cursors as they are durable now: as restored, and as moved by each Write since.
  virtual const Cursors& cursors() const = 0;

  // Makes the batch durable, whole, and clears it; an empty one is nothing to do. Blocks while the
  // log is away, so a source needs no queue of its own. On any error nothing is known of what
  // became of the batch: Run must return, with that error, and will be started again from the
  // cursors that are durable then.
  virtual Status Write(PostBatch& batch) = 0;

  virtual SourceCounters& counters() = 0;
  // The process's; a source uses it through SourceHttp (http_source.h).
  virtual HttpClient& http() = 0;
  // The present. A source asks no other clock, and waits nowhere else, so that a test can pass a
  // day in a second.
  virtual TimeMs Now() const = 0;
  // Waits, but not past a stop: false if one is requested.
  virtual bool WaitFor(std::chrono::milliseconds time) = 0;
};

// What a source says of itself when it is tried. Without secrets.
struct SourceFinding {
  enum class Level { kOk, kWarning, kFailure };
  Level level = Level::kOk;
  std::string text;  // "authorised as @reader, 298 of 300 requests left for 4m"
};

class Source {
 public:
  virtual ~Source() = default;

  // Tries what Run would need, with a handful of requests, and says what works: reachable,
  // authorised, what is left of its limits, whether each hashtag exists there, and what will be
  // missing and why. Writes nothing, and moves no cursor. One object is either checked or run.
  virtual std::vector<SourceFinding> Check(SourceContext& context);

  // Whether Run comes to an end by itself. A finite source that returned success is done: it is not
  // started again but with its daemon, or when the settings are read again.
  virtual bool IsFinite() const { return false; }

  // Works until it is done or asked to stop, then returns success. Errors:
  //   kRetryLater   the network is away or wants less: started again after `retry_after`, and not
  //                 before a jittered wait that grows with each failure in a row
  //   kConflict     what Write gives when the source is another ingester's: the same
  //   kInvalid, kNotFound, kFatal, kCorrupt
  //                 no waiting mends it (wrong settings, no permission, a cursor that makes no
  //                 sense): the source stays stopped, and is shown as failed with this message,
  //                 until the settings are read again. Other sources are not touched.
  // What it throws is caught, and treated as kRetryLater. One object is run once.
  virtual Status Run(SourceContext& context) = 0;
};

// Makes a source of the kind; the registry is source_registry.cpp. Does not reach out: that is
// Run's. kInvalid: an unknown kind, or an option that it misses or does not know.
Result<std::unique_ptr<Source>> MakeSource(const SourceSpec& spec);
using SourceMaker = std::function<Result<std::unique_ptr<Source>>(const SourceSpec&)>;

// The kinds, with one line of description each.
struct SourceKind {
  std::string_view kind;
  std::string_view description;
  bool asks_network = true;  // needs an HTTP client
};
std::vector<SourceKind> SourceKinds();
bool AsksNetwork(std::string_view kind);  // false for an unknown one

// kInvalid: a name that no source may have, or no kind.
Status CheckSourceSpec(const SourceSpec& spec);

}  // namespace latecomer
