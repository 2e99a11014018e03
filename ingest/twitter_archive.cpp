// "Your archive" of Twitter: tweets.js, which assigns an array to a variable,
// `window.YTD.tweets.part0 = [ {"tweet":{…}}, … ]`, unpacked or in the ZIP it comes in. Its items
// name no author: account.js does.
#include "ingest/archive_format.h"
#include "ingest/jsonl_archive.h"
#include "ingest/twitter1_tweet.h"

namespace latecomer {
namespace {

bool Fits(const ArchiveHead& head) {
  return head.bytes.starts_with("window.YTD.tweet.part") ||
         head.bytes.starts_with("window.YTD.tweets.part");
}

// The id within "https://x.com/i/user/ID".
std::string_view IdOf(const Author& owner) {
  const std::string_view id = owner.id;
  return id.empty() ? id : id.substr(id.rfind('/') + 1);
}

Status Read(ArchiveInput& input) {
  const XUser user = {IdOf(input.owner), input.owner.preferred_username, input.owner.name,
                      input.owner.icon};
  const std::optional<TimeMs> now = RetrievedNow(input.options);
  XTweet tweet;
  ArchivePost post;
  return ReadJsonItems(input, "", {"geo", "coordinates"}, [&](JsonValue item) {
    const JsonValue wrapped = item["tweet"];
    tweet.retrieved = now;
    Status read = ReadTwitter1(wrapped.is_object() ? wrapped : item, user, tweet);
    if (!read) {
      input.out.Reject("", read.error().message);
      return;
    }
    MakeXPost(tweet, post);
    input.out.Emit(post);
  });
}

}  // namespace

const ArchiveFormat kTwitterArchiveFormat = {
    "twitter-archive", "the archive that Twitter gives to a user: tweets.js, or its ZIP", &Fits,
    &Read};

}  // namespace latecomer
