// At most so many requests a day to one host, whatever restarts there are: what was sent is counted
// in a cursor, by hours. The ceiling itself is kept by the HTTP client.
//
// Cursor: key `requests HOST`, value `v1` and then, for each hour of the last day in which
// something was sent, ` HOUR:COUNT` (HOUR: hours since 1970).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "ingest/post_batch.h"
#include "ingest/source.h"

namespace latecomer {

class RequestBudget {
 public:
  // `host` is Url::Authority(); requests that name `limit_key` among their limit_keys count, with
  // "" all of them. A ceiling of 0 is none.
  RequestBudget(std::string host, std::string limit_key, std::uint32_t requests_a_day)
      : host_(std::move(host)), limit_key_(std::move(limit_key)), per_day_(requests_a_day) {}

  // Tells the client the ceiling, and what of it is used up. kCorrupt: a cursor without sense.
  Status Start(HttpClient& client, const Cursors& cursors, TimeMs now);
  // So many requests of this source have gone to the host. Moves the cursor, at most once a minute
  // unless the batch is written anyhow: what a crash makes forgotten stays small.
  Status Count(PostBatch& batch, std::uint64_t requests, TimeMs now);
  // Whether the ceiling is reached, as far as this source has counted: for what is asked by other
  // means than the client (a WebSocket's messages).
  bool IsSpent(TimeMs now) const;

 private:
  std::string Key() const { return "requests " + host_; }

  const std::string host_;
  const std::string limit_key_;
  const std::uint32_t per_day_;
  std::map<std::int64_t, std::uint32_t> hours_;
  std::uint64_t not_saved_ = 0;
  TimeMs saved_at_ = 0;
};

}  // namespace latecomer
