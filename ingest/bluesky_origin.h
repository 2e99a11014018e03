// Whether a post has really been deleted: asked where it lives. An AppView that does not show a
// post says nothing of why (a block, a label, a lag, an index of its own); the author's repository
// does. The account's DID names the host of the repository; that host is asked for the record, and
// whether the repository is there.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "ingest/url.h"
#include "ingest/xrpc_client.h"

namespace latecomer {

enum class OriginAnswer {
  kThere,    // the record is in its author's repository
  kGone,     // it is not, or the account is deleted
  kUnknown,  // not reachable, or the account is only deactivated or suspended: may come back
};

// For the source's thread.
class BlueskyOrigin {
 public:
  // `directory`: where did:plc is looked up ("https://plc.directory"). Hosts without TLS are asked
  // only if the directory is one.
  BlueskyOrigin(XrpcClient& xrpc, Url directory) : xrpc_(xrpc), directory_(std::move(directory)) {}

  // Errors are of our own (a stop); that a host does not answer is kUnknown.
  Result<OriginAnswer> Ask(const std::string& uri, TimeMs now);

 private:
  struct Host {
    std::string pds;       // "" where the DID names none
    bool is_gone = false;  // the DID itself is
    TimeMs asked_at = 0;
  };
  Result<Host> HostOf(const std::string& did, TimeMs now);
  Result<XrpcAnswer> Call(std::string url);

  XrpcClient& xrpc_;
  const Url directory_;
  std::map<std::string, Host, std::less<>> hosts_;
};

}  // namespace latecomer
