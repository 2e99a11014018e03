// What WordPress's REST API (https://developer.wordpress.org/rest-api/reference/) answers, read
// into posts. Pure.
//
// Ids are those of WordPress's export and of its feeds: a post is its `guid`, a comment
// GUID#comment-NUMBER, a registered user SITE/?author=NUMBER.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ingest/archive.h"

namespace latecomer {

// The root of the API, as far as a source has to know it.
struct WpSite {
  std::string home;        // the blog's address, without a slash at its end
  bool has_posts = false;  // wp/v2 is among its namespaces
};

// A tag or a category.
struct WpTerm {
  std::int64_t number = 0;
  std::string name;  // text
  std::string slug;  // decoded
};

struct WpPost {
  std::int64_t number = 0;
  std::string status;         // "publish", or what only those who may edit see
  bool is_protected = false;  // by a password: its content is not given
  std::vector<std::int64_t> terms;
  ArchivePost post;
  std::uint32_t digest = 0;  // of what an edit changes
};

struct WpComment {
  std::int64_t number = 0;
  std::int64_t post_number = 0;
  std::int64_t parent = 0;
  std::string status;      // "approved", or what only moderators see
  std::string type;        // "comment"; others are pingbacks and the like
  std::string post_route;  // of what it answers: "posts", "pages"; "" where that is not told
  // Without id, url, inReplyTo and context, which PlaceComment gives it.
  ArchivePost post;
  std::uint32_t digest = 0;
};

// The fields of a post or comment that are read, for the parameter `_fields`.
extern const std::string_view kWpPostFields;
extern const std::string_view kWpCommentFields;

// `text` is destroyed by each of these. kInvalid: it is no JSON, or not of that shape; one object
// where a list is expected is a list of one. Items without a number are left out.
Result<WpSite> ReadWpSite(std::string& text);
Result<std::vector<WpTerm>> ReadWpTerms(std::string& text);
Result<std::vector<WpPost>> ReadWpPosts(std::string& text, const WpSite& site, TimeMs now);
Result<std::vector<WpComment>> ReadWpComments(std::string& text, const WpSite& site, TimeMs now);
// The `code` of an error ("rest_cannot_read"); "" where it is none.
std::string ReadWpErrorCode(std::string text);

// `post_id`, `post_url`: of the post that it belongs to.
void PlaceComment(WpComment& comment, const std::string& post_id, const std::string& post_url);
std::string WpCommentId(const std::string& post_id, std::int64_t number);

}  // namespace latecomer
