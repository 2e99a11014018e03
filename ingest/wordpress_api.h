// Asking a blog's REST API: where it is, lists page by page, single items.
//
// Lists are read by `offset`, not by `page`: while items appear and vanish, what comes behind them
// shifts, so each page is asked for a little before the end of the last one and has to meet it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ingest/http_secret.h"
#include "ingest/http_source.h"
#include "ingest/url.h"
#include "ingest/wordpress_json.h"

namespace latecomer {

using WpParameters = std::vector<std::pair<std::string, std::string>>;

// What an API that answers is asked for, and says.
struct WpAnswer {
  std::string body;                   // JSON
  std::optional<std::int64_t> total;  // X-WP-Total
};

class WpApi {
 public:
  // `user` and `password` (an application password; null: none) are sent to the origin of `base`
  // only.
  WpApi(SourceHttp& http, Url base, std::string user, SecretFile* password);

  // Finds the root of the API and what it says of the site: by the Link header or the <link> of the
  // page at `base`, else where it usually is. Errors: kNotFound: there is none, or it is closed
  // (the message says how); kRetryLater; kFatal: the password cannot be read.
  Status Open();
  const WpSite& site() const { return site_; }
  const Url& root() const { return root_; }

  // `path` below wp/v2/: "posts/4". Errors: kNotFound, kFatal (no permission) and kInvalid as the
  // status says, with `code` (if not null) that of WordPress's answer; kRetryLater: also for what
  // is no answer of WordPress (a page of HTML, JSON cut short).
  Result<WpAnswer> Get(const std::string& path, const WpParameters& parameters,
                       std::string* code = nullptr);

 private:
  Result<HttpResponse> Ask(const std::string& url);
  Status TryRoot(const std::string& url);

  SourceHttp& http_;
  const Url base_;
  const std::string user_;
  SecretFile* const password_;
  Url root_;
  WpSite site_;
};

// A list, walked from one end to the other.
struct WpList {
  std::string path;         // "posts"
  WpParameters parameters;  // without per_page and offset
  std::int64_t per_page = 100;
  bool by_number =
      false;  // orderby=id and order=asc: whether a page meets the last one is seen by it
};

// For one thread. `Item` has a `number`; `read` makes items of an answer.
template <typename Item>
class WpWalk {
 public:
  using Read = std::function<Result<std::vector<Item>>(std::string& body)>;

  WpWalk(WpApi& api, WpList list, Read read)
      : api_(api), list_(std::move(list)), read_(std::move(read)), per_page_(list_.per_page) {}

  // Goes on where another walk of the same list was left (by_number only).
  void Resume(std::int64_t offset, std::int64_t last) {
    offset_ = offset;
    last_ = last;
  }

  // The next items, of which none was given before; nothing at the end. An item that breaks the
  // answer it stands in is left out, and counted. Errors as WpApi::Get.
  Result<std::vector<Item>> Next(std::string* code = nullptr);

  bool ended() const { return ended_; }
  // It ended before its end: why. "" otherwise.
  const std::string& broken() const { return broken_; }
  std::int64_t offset() const { return offset_; }  // for Resume
  std::int64_t last() const { return last_; }
  std::int64_t unreadable() const { return unreadable_; }
  std::optional<std::int64_t> total() const { return total_; }

  static constexpr std::int64_t kOverlap = 3;
  static constexpr int kIdlePagesMax = 3;
  // More, and it is the blog that is broken.
  static constexpr int kUnreadableInARowMax = 5;
  static constexpr int kPagesMax = 20'000;

 private:
  bool Meets(const std::vector<Item>& page) const;
  void StepBack();
  std::vector<Item> Advance(std::vector<Item> page);
  bool Shrink();
  void End(std::string why = "") {
    ended_ = true;
    broken_ = std::move(why);
  }

  WpApi& api_;
  const WpList list_;
  const Read read_;
  std::int64_t per_page_;
  std::int64_t offset_ = 0;
  std::int64_t last_ = 0;          // the greatest number so far
  std::set<std::int64_t> before_;  // the numbers of the page before
  std::set<std::int64_t> given_;
  std::optional<std::int64_t> total_;
  std::int64_t step_ = kOverlap;
  std::int64_t unreadable_ = 0;
  int in_a_row_ = 0;
  bool is_free_ = false;  // the next page cannot meet the last one
  int idle_ = 0;
  int pages_ = 0;
  bool ended_ = false;
  std::string broken_;
};

template <typename Item>
Result<std::vector<Item>> WpWalk<Item>::Next(std::string* code) {
  while (!ended_) {
    if (++pages_ > kPagesMax) {
      End("the list has no end");
      break;
    }
    WpParameters parameters = list_.parameters;
    parameters.emplace_back("per_page", std::to_string(per_page_));
    parameters.emplace_back("offset", std::to_string(offset_));
    std::string said;
    Result<WpAnswer> answer = api_.Get(list_.path, parameters, &said);
    if (code != nullptr) *code = said;
    // Some hosts turn an offset past the end into a page past the end.
    if (!answer && said == "rest_post_invalid_page_number") {
      End();
      break;
    }
    if (!answer) return answer.error();
    total_ = answer->total;
    Result<std::vector<Item>> page = read_(answer->body);
    if (!page) {
      if (!Shrink()) return RetryLater(list_.path + ": " + page.error().message);
      continue;
    }
    in_a_row_ = 0;
    if (!Meets(*page)) {
      StepBack();
      continue;
    }
    std::vector<Item> items = Advance(std::move(*page));
    if (!items.empty() || ended_) return items;
  }
  return std::vector<Item>();
}

template <typename Item>
bool WpWalk<Item>::Meets(const std::vector<Item>& page) const {
  if (offset_ == 0 || is_free_) return true;
  if (list_.by_number) {
    for (const Item& item : page) {
      if (item.number <= last_) return true;
    }
    return last_ == 0;
  }
  for (const Item& item : page) {
    if (before_.contains(item.number)) return true;
  }
  return before_.empty();
}

// What stood before the end of the last page has vanished.
template <typename Item>
void WpWalk<Item>::StepBack() {
  offset_ = std::max<std::int64_t>(0, offset_ - step_);
  step_ *= 2;
}

template <typename Item>
std::vector<Item> WpWalk<Item>::Advance(std::vector<Item> page) {
  step_ = kOverlap;
  is_free_ = false;
  const auto asked = per_page_;
  const bool is_last =
      total_ ? offset_ + asked >= *total_ : static_cast<std::int64_t>(page.size()) < asked;
  before_.clear();
  std::vector<Item> items;
  for (Item& item : page) {
    last_ = std::max(last_, item.number);
    before_.insert(item.number);
    if (given_.insert(item.number).second) items.push_back(std::move(item));
  }
  // Rows that may not be read leave a page shorter, so the rows that were asked for are counted.
  if (is_last || (page.empty() && !total_)) {
    End();
  } else if (items.empty() && ++idle_ >= kIdlePagesMax) {
    End("the list gives the same page again and again");
  } else {
    if (!items.empty()) idle_ = 0;
    const std::int64_t overlap = std::min(kOverlap, asked - 1);
    is_free_ = overlap == 0;
    offset_ += asked - overlap;
  }
  if (per_page_ < list_.per_page) per_page_ = std::min(list_.per_page, per_page_ * 5);
  return items;
}

// Asks for fewer, so that one item that cannot be read costs no other. False: that was all.
template <typename Item>
bool WpWalk<Item>::Shrink() {
  if (per_page_ > 1) {
    per_page_ = std::max<std::int64_t>(1, per_page_ / 5);
    return true;
  }
  if (!total_ || ++in_a_row_ > kUnreadableInARowMax) return false;
  ++unreadable_;
  ++offset_;
  is_free_ = true;
  if (offset_ >= *total_) End();
  return true;
}

}  // namespace latecomer
