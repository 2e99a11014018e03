// The process's HTTP client, as the settings have it.
#pragma once

#include <memory>

#include "base/result.h"
#include "config/settings.h"
#include "ingest/http_client.h"

namespace latecomer {

// Nothing where neither `ingest.contact` nor `replay.base_url` is set: sources that ask the network
// are then refused. kInvalid: settings that cannot be used; the message names the key.
Result<std::unique_ptr<HttpClient>> HttpClientFor(const Settings& settings);

}  // namespace latecomer
