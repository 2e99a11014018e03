// What a running X source has in common between its parts, and how posts become records: under
// which hashtags, as tagged or as part of a conversation, and each version once.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "ingest/post_batch.h"
#include "ingest/source.h"
#include "ingest/source_coverage.h"
#include "ingest/x_api_answer.h"
#include "ingest/x_api_client.h"
#include "ingest/x_api_conversations.h"
#include "ingest/x_api_positions.h"

namespace latecomer {

// Where X begins (2006-03-21): search/all gives 30 days only, unless it is asked for more.
inline constexpr TimeMs kXEpoch = 1'142'899'200'000;

// One thread.
class XCollector {
 public:
  // All must outlive it.
  XCollector(SourceContext& context, XConversations& conversations);

  // Puts an answer's posts into the batch. `where` names the request in rejects. What the answer
  // refers to and does not have is remembered in wanted().
  Status Take(XAnswer& answer, const std::string& where);
  // A post that X has said is gone: a Tombstone under all of the conversation's hashtags.
  Status TakeGone(const std::string& root, const std::string& first_id);
  // Writes what is in the batch.
  Status Write();

  PostBatch& batch() { return batch_; }
  // Called before each Write: what else belongs into the batch.
  std::function<Status(PostBatch&)> before_write;

  // Ids to be looked up. At most kWantedMax: more are not remembered.
  std::set<std::string>& wanted() { return wanted_; }

  static constexpr std::size_t kWantedMax = 10'000;
  static constexpr std::size_t kWrittenMax = 200'000;

 private:
  Status TakePost(XFound& found, const std::string& where);
  void Put(const XFound& found, std::vector<std::string> hashtags, Via via,
           const std::string& where);
  void Want(const std::string& id);
  bool IsNewUnder(const std::string& id, const std::string& hashtag);

  SourceContext& context_;
  XConversations& conversations_;
  PostBatch batch_;
  std::set<std::string> wanted_;
  // Versions by hashtag that this process has written: hashes, the oldest forgotten first.
  std::unordered_set<std::uint64_t> written_;
  std::deque<std::uint64_t> written_order_;
};

}  // namespace latecomer
