// The bodies that the Mastodon API answers with, read status by status: what is wrong with one
// costs only that one, and a body of megabytes never becomes one tree.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/json_tree.h"
#include "ingest/mastodon_status.h"

namespace latecomer {

// Statuses in their order, those that are not public left out; and what could not be read.
struct MastodonList {
  struct Fault {
    std::size_t number = 0;  // of the item, from 1
    std::string id;          // where it has one
    std::string reason;
  };
  std::vector<MastodonStatus> statuses;
  std::vector<Fault> faults;
  std::size_t items = 0;  // of all kinds: what the server counts against a page's limit
  // The ids of all items that have one, also of those that are left out: paging needs them.
  std::string newest_id;
  std::string oldest_id;
  std::optional<TimeMs> newest;  // published
  std::optional<TimeMs> oldest;
};

struct MastodonContext {
  MastodonList ancestors;
  MastodonList descendants;
};

// What an instance says of itself (/api/v2/instance, or /api/v1/instance).
struct MastodonInstance {
  enum class Software { kMastodon, kGoToSocial, kPleroma, kPixelfed, kOther };
  Software software = Software::kOther;
  std::string version;    // as it writes it, printable ASCII only, 100 bytes at most
  std::string streaming;  // an address that begins with wss: or ws: (or http); may be empty
  // Who may read the timeline of a hashtag; "" where it does not say: "public", "authenticated",
  // "disabled".
  std::string local_feed;
  std::string remote_feed;
};

// Keeps its buffers between calls: one a thread. Bodies are destroyed by reading them.
class MastodonReader {
 public:
  // `instance`: see ReadMastodonStatus.
  explicit MastodonReader(std::string instance)
      : instance_(std::move(instance)), tree_(MastodonSkippedKeys()) {}

  // An array of statuses. kInvalid: it is none, or ends too early; nothing is to be taken from it.
  Result<MastodonList> ReadList(std::string& body, TimeMs now);
  // An object with the arrays `ancestors` and `descendants`.
  Result<MastodonContext> ReadContext(std::string& body, TimeMs now);
  Result<MastodonStatus> Read(std::string& body, TimeMs now);
  Result<MastodonInstance> ReadInstance(std::string& body);
  // The name of the account that a token belongs to (/api/v1/accounts/verify_credentials).
  Result<std::string> ReadAccountName(std::string& body);
  // An object with a sentence in `error`, as a server answers that has the API: not what some
  // proxy before it says.
  bool IsApiError(std::string body);

  static constexpr std::size_t kItemsMax = 20'000;  // of one array

 private:
  struct Item {
    char* text = nullptr;
    std::size_t size = 0;
  };
  Result<MastodonList> ReadItems(const std::vector<Item>& items, TimeMs now);
  static Result<std::vector<Item>> Split(char*& at, char* end);

  const std::string instance_;
  JsonTree tree_;
};

// What the header `Mastodon-Async-Refresh` asks for: to ask again in so long. Nothing where it is
// not there or makes no sense.
std::optional<std::chrono::milliseconds> ReadAsyncRefresh(std::string_view header);

}  // namespace latecomer
