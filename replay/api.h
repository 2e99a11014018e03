// The HTTP API under /v1/ (docs/http-api.md), but for the stream: requests to answers, as functions
// of the store.
//
// Threads: any number at once. Handle blocks: it reads the store.
#pragma once

#include <string>
#include <vector>

#include "replay/api_message.h"
#include "replay/views.h"
#include "store/timeline_store.h"

namespace latecomer {

struct ApiContext {
  TimelineReadStore& store;
  Views& views;
  std::string base_url;  // before paths in Link headers; empty: links are relative
};

// Answers a GET, HEAD or OPTIONS request; others get 405. Headers that depend on the connection,
// and leaving out the body for HEAD, are the server's.
ApiResponse HandleApi(const ApiContext& context, const ApiRequest& request);

// What a handler has at hand. `view` is set for routes of one hashtag.
struct ApiCall {
  const ApiContext& context;
  const ApiRequest& request;
  const HashtagView* view = nullptr;
  std::vector<std::string> captures;  // the variable segments, after the hashtag
};

Result<ApiResponse> ListHashtags(const ApiCall& call);
Result<ApiResponse> ShowHashtag(const ApiCall& call);
Result<ApiResponse> ListSessions(const ApiCall& call);
Result<ApiResponse> ShowSession(const ApiCall& call);
Result<ApiResponse> ShowCoverage(const ApiCall& call);
Result<ApiResponse> ShowDensity(const ApiCall& call);
Result<ApiResponse> ListEntries(const ApiCall& call);
Result<ApiResponse> ShowEntry(const ApiCall& call);
Result<ApiResponse> ListConversations(const ApiCall& call);
Result<ApiResponse> ShowConversation(const ApiCall& call);
Result<ApiResponse> SearchHashtag(const ApiCall& call);
Result<ApiResponse> SearchAll(const ApiCall& call);
// The head of what GET answers with a stream.
Result<ApiResponse> ShowStreamHead(const ApiCall& call);
Result<ApiResponse> ShowOpenApi(const ApiCall& call);
Result<ApiResponse> ShowHealth(const ApiCall& call);
Result<ApiResponse> ShowReadiness(const ApiCall& call);

}  // namespace latecomer
