// Messages of a Jetstream, of both of its forms, as what they mean for posts:
//   v1  /subscribe: {did, time_us, kind, commit:{operation, collection, rkey, cid, record}}
//       (https://github.com/bluesky-social/jetstream, docs/README.md section 5.1)
//   v2  /xrpc/network.bsky.jetstream.subscribeEvents: frames of the subprotocol xrpc.v1.json,
//       {"$type":"message", payload} and {"$type":"error", error} (its lexicon, and section 5.2)
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ingest/json_tree.h"

namespace latecomer {

struct JetstreamEvent {
  enum class Kind {
    kWritten,      // a post was made or changed
    kDeleted,      // one was deleted by its author
    kAccountGone,  // an account was deleted, with all it had written
    kOther,        // something else, which only moves the time
    kOutdated,     // v2: the stream begins later than was asked for
    kError,        // v2: the host ends the stream, and names why
    kMalformed,
  };
  Kind kind = Kind::kMalformed;
  // When the host has witnessed it, in microseconds since 1970: the position in the stream that
  // also other hosts understand, more or less. 0 for what has none.
  std::int64_t time_us = 0;
  bool is_update = false;
  std::string_view did;
  std::string_view rkey;
  std::string_view rev;  // of the commit: the same on every host
  std::string_view cid;
  JsonValue record;  // of kWritten
  std::string name;  // of kError: a plain word
};

// A message parsed as JSON; the views are of its tree.
JetstreamEvent ReadJetstreamEvent(JsonValue message);

// Microseconds since 1970 of an RFC 3339 time; 0 for none.
std::int64_t ParseTimeUs(std::string_view text);

}  // namespace latecomer
