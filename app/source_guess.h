// Of which kind the server at an address is, for who names an address only.
#pragma once

#include <stop_token>
#include <string>

#include "base/result.h"
#include "ingest/http_client.h"

namespace latecomer {

struct GuessedSource {
  std::string kind;
  std::string base;  // what the source is given
};

// By the address itself where that says it (X, Bluesky, Viva Engage, a relay), else by asking: at
// most two requests. kInvalid: no address, or none of a kind that is known; the message says how to
// name the kind. kRetryLater: the server does not answer.
Result<GuessedSource> GuessSource(const std::string& address, HttpClient& client,
                                  std::stop_token stop);

}  // namespace latecomer
