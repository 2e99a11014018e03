#include "ingest/x_api_stream.h"

#include <algorithm>

#include "base/log.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds kLostStep = 250ms;
constexpr milliseconds kLostMost = 16s;
constexpr milliseconds kRefusedFirst = 5s;
constexpr milliseconds kRefusedMost = 320s;
constexpr milliseconds kTooManyWait = 60s;
constexpr int kDoublingsMax = 6;
constexpr std::int64_t kSteadyMs = 60'000;         // a stream that has lasted so long is a good one
constexpr std::int64_t kRulesAgainMs = 3'600'000;  // somebody else may have changed them
constexpr std::size_t kRulesAtOnce = 25;

}  // namespace

XStream::XStream(SourceContext& context, XApi& api, std::vector<XQuery> queries)
    : context_(context),
      api_(api),
      queries_(std::move(queries)),
      tag_("latecomer " + context.spec().name) {}

Status XStream::Open() {
  if (rules_set_at_ == 0 || context_.Now() - rules_set_at_ >= kRulesAgainMs) {
    if (Status set = SetRules(); !set) {
      if (set.error().code != ErrorCode::kRetryLater) return set;
      Wait(std::max(set.error().retry_after, kRefusedFirst));
      return {};
    }
    rules_set_at_ = std::max<TimeMs>(context_.Now(), 1);
  }
  Result<std::unique_ptr<HttpStream>> opened = api_.OpenStream();
  if (!opened) {
    rules_set_at_ = 0;  // X refuses a stream without rules
    if (opened.error().code == ErrorCode::kFatal) return opened.error();
    const milliseconds wait = kRefusedFirst * (1 << std::min(refused_++, kDoublingsMax));
    Wait(std::max(std::min(wait, kRefusedMost), opened.error().retry_after));
    return {};
  }
  stream_ = std::move(*opened);
  lines_.emplace(LineSplitter::Ends::kLf, kLineBytesMax);
  refused_ = 0;
  opened_at_ = heard_at_ = context_.Now();
  return {};
}

Status XStream::SetRules() {
  Result<std::vector<XRule>> rules = api_.Rules();
  if (!rules) return rules.error();
  std::vector<XRule> old;
  std::vector<XRule> fresh;
  for (const XRule& rule : *rules) {
    const bool is_wanted = std::any_of(queries_.begin(), queries_.end(), [&](const XQuery& query) {
      return query.text == rule.value;
    });
    if (rule.tag == tag_ && !is_wanted) old.push_back(rule);
  }
  for (const XQuery& query : queries_) {
    const bool is_there = std::any_of(rules->begin(), rules->end(),
                                      [&](const XRule& rule) { return rule.value == query.text; });
    if (!is_there) fresh.push_back({"", query.text, tag_});
  }
  // The old ones first: an account may have few. What is missed meanwhile the next search finds.
  if (!old.empty()) {
    Result<XAnswer> deleted = api_.DeleteRules(old);
    if (!deleted) return deleted.error();
  }
  for (std::size_t at = 0; at < fresh.size(); at += kRulesAtOnce) {
    const auto begin = fresh.begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = std::min(kRulesAtOnce, fresh.size() - at);
    Result<XAnswer> added =
        api_.AddRules(std::vector<XRule>(begin, begin + static_cast<std::ptrdiff_t>(count)));
    if (!added) return added.error();
    for (const XProblem& problem : added->problems) {
      if (problem.kind == XProblem::Kind::kRuleExists) continue;
      return Fatal("X does not take a rule for its stream: " + problem.title +
                   "; set `stream` to false, or ask for fewer hashtags");
    }
  }
  return {};
}

bool XStream::Next(std::string& line) {
  LineSplitter::Line next;
  for (;;) {
    while (lines_ && lines_->Next(next)) {
      if (next.too_long || next.text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      line = next.text;
      return true;
    }
    if (!stream_) return false;
    std::string bytes;
    const Result<HttpStream::Got> got = stream_->Read(bytes, 0ms);
    if (!bytes.empty()) {
      heard_at_ = context_.Now();
      lines_->Feed(bytes);
      continue;
    }
    if (got && *got != HttpStream::Got::kEnd) return false;
    Lose(false);
    return false;
  }
}

void XStream::Lose(bool too_many_connections) {
  stream_.reset();
  if (context_.Now() - opened_at_ >= kSteadyMs) lost_ = 0;
  milliseconds wait = std::min(kLostStep * lost_++, kLostMost);
  if (too_many_connections) wait = kTooManyWait * (1 << std::min(refused_++, 4));
  Wait(wait);
  spdlog::info("source {}: the stream has ended; again in {} ms", context_.spec().name,
               wait.count());
}

void XStream::Wait(milliseconds wait) { next_try_ = context_.Now() + wait.count(); }

}  // namespace latecomer
