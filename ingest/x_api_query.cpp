#include "ingest/x_api_query.h"

#include "model/hashtag.h"

namespace latecomer {
namespace {

constexpr std::string_view kOr = " OR ";

std::vector<std::string> TermsOf(const FollowedHashtag& hashtag) {
  std::vector<std::string> terms;
  if (IsXHashtag(hashtag.hashtag)) terms.push_back("#" + hashtag.hashtag);
  for (const std::string& alias : hashtag.aliases) {
    if (IsXHashtag(alias)) terms.push_back("#" + alias);
  }
  return terms;
}

bool Fits(const XQuery& query, std::size_t more, std::size_t bytes_max) {
  return query.text.empty() || query.text.size() + kOr.size() + more <= bytes_max;
}

void Append(XQuery& query, std::string_view terms, const std::string& of) {
  if (!query.text.empty()) query.text += kOr;
  query.text += terms;
  if (query.of.empty() || query.of.back() != of) query.of.push_back(of);
}

}  // namespace

bool IsXHashtag(std::string_view hashtag) {
  const std::string text = "#" + std::string(hashtag);
  const std::vector<HashtagInText> found = FindHashtags(text);
  return found.size() == 1 && found[0].begin == 0 && found[0].end == text.size();
}

std::vector<XQuery> XHashtagQueries(const std::vector<FollowedHashtag>& hashtags,
                                    std::size_t bytes_max) {
  std::vector<XQuery> queries;
  XQuery open;
  const auto close = [&] {
    if (!open.text.empty()) queries.push_back(std::exchange(open, {}));
  };
  for (const FollowedHashtag& hashtag : hashtags) {
    const std::vector<std::string> terms = TermsOf(hashtag);
    std::size_t all = 0;
    for (const std::string& term : terms) all += term.size() + (all > 0 ? kOr.size() : 0);
    // It begins a query of its own where that spares it being cut.
    if (!Fits(open, all, bytes_max) && all <= bytes_max) close();
    for (const std::string& term : terms) {
      if (!Fits(open, term.size(), bytes_max)) close();
      Append(open, term, hashtag.hashtag);
    }
  }
  close();
  return queries;
}

std::string XConversationTerm(std::string_view id) { return "conversation_id:" + std::string(id); }

std::string XTimeText(TimeMs time) {
  std::string text = FormatTime(time);  // "…:05.000Z"
  text.resize(text.size() - 5);
  return text + "Z";
}

}  // namespace latecomer
