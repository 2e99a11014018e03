// The filtered stream of X: one connection, the rules that it follows, and when it may be opened
// again: after a connection was lost 250 ms more each time up to 16 s, after an error of HTTP from
// 5 s on doubling to 320 s, after 429 from a minute on doubling.
//
// The rules are of the whole app: only those that bear our tag, `latecomer SOURCE`, are ever
// deleted.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/http_lines.h"
#include "ingest/source.h"
#include "ingest/x_api_client.h"
#include "ingest/x_api_query.h"

namespace latecomer {

class XStream {
 public:
  XStream(SourceContext& context, XApi& api, std::vector<XQuery> queries);

  bool IsOpen() const { return stream_ != nullptr; }
  TimeMs next_try() const { return next_try_; }
  TimeMs opened_at() const { return opened_at_; }
  // When a byte came last, be it a heartbeat.
  TimeMs heard_at() const { return heard_at_; }
  // Sets the rules where they are not right, and connects. That X is away is success: next_try()
  // then says when. kFatal, kInvalid: no permission, or rules that X does not take.
  Status Open();
  // It is not tried again before that.
  void Refused(std::chrono::milliseconds wait) { Wait(wait); }
  // A line that has come; false: none for now, or the connection is lost.
  bool Next(std::string& line);
  // X has said that it will end the stream.
  void Lose(bool too_many_connections);

  static constexpr std::size_t kLineBytesMax = 4U << 20U;

 private:
  Status SetRules();
  void Wait(std::chrono::milliseconds wait);

  SourceContext& context_;
  XApi& api_;
  const std::vector<XQuery> queries_;
  const std::string tag_;
  std::unique_ptr<HttpStream> stream_;
  std::optional<LineSplitter> lines_;
  TimeMs next_try_ = 0;
  TimeMs opened_at_ = 0;
  TimeMs heard_at_ = 0;
  TimeMs rules_set_at_ = 0;
  int lost_ = 0;     // in a row
  int refused_ = 0;  // in a row
};

}  // namespace latecomer
