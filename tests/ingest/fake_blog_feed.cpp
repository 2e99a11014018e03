// The feeds of the blog in memory.
#include <algorithm>

#include "tests/ingest/fake_blog.h"
#include "tests/ingest/fake_blog_text.h"

namespace latecomer::test {

std::string FakeBlog::Feed(const Query& query, int* status) const {
  if (query.contains("p")) {
    const auto post = posts_.find(std::stoll(Find(query, "p")));
    if (post != posts_.end() && post->second.status == "publish") return CommentFeed(post->second);
    *status = 404;
    return "<html>none</html>";
  }
  std::vector<const Post*> shown;
  for (const auto& [number, post] : posts_) {
    if (post.status != "publish" || post.route != "posts") continue;
    if (query.contains("tag") && !Carries(post, LowerOf(Find(query, "tag")))) continue;
    if (query.contains("s") && !Contains(post.content, Find(query, "s"))) continue;
    shown.push_back(&post);
  }
  std::sort(shown.begin(), shown.end(), [](const Post* a, const Post* b) {
    return std::pair(a->date, a->number) > std::pair(b->date, b->number);
  });
  const auto items = static_cast<std::size_t>(feed_items);
  const std::size_t begin = (std::stoul(Find(query, "paged", "1")) - 1) * items;
  if (begin > 0 && begin >= shown.size()) {
    *status = 404;
    return "<html>none</html>";
  }
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><feed xmlns=\"http://www.w3.org/2005/Atom\" "
      "xmlns:thr=\"http://purl.org/syndication/thread/1.0\"><title>Blog</title>"
      "<link rel=\"alternate\" href=\"" +
      base + "\"/><generator uri=\"https://wordpress.org/\">WordPress</generator>";
  for (std::size_t i = begin; i < std::min(begin + items, shown.size()); ++i) {
    const Post& post = *shown[i];
    const auto count = std::count_if(comments_.begin(), comments_.end(), [&](const auto& one) {
      return one.second.post == post.number && one.second.status == "approved";
    });
    xml += "<entry><author><name>Ana</name></author><title>" + Escaped(post.title) +
           "</title><link rel=\"alternate\" href=\"" + Link(post.number) + "\"/><id>" +
           Escaped(Guid(post.number)) + "</id><updated>" + Gmt(post.modified) +
           "Z</updated><published>" + Gmt(post.date) + "Z</published>";
    for (const std::int64_t tag : post.tags) {
      xml += "<category term=\"" + Escaped(tags_.at(tag).name) + "\"/>";
    }
    xml += "<content type=\"html\">" + Escaped("<p>" + Escaped(post.content) + "</p>") +
           "</content><link rel=\"replies\" type=\"application/atom+xml\" href=\"" +
           Escaped(base + "/?feed=atom&p=" + std::to_string(post.number)) + "\" thr:count=\"" +
           std::to_string(count) + "\"/></entry>";
  }
  return xml + "</feed>";
}

std::string FakeBlog::CommentFeed(const Post& post) const {
  std::vector<const Comment*> shown;
  for (const auto& [number, comment] : comments_) {
    if (comment.post == post.number && comment.status == "approved") shown.push_back(&comment);
  }
  std::reverse(shown.begin(), shown.end());
  shown.resize(std::min(shown.size(), static_cast<std::size_t>(feed_items)));
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><feed xmlns=\"http://www.w3.org/2005/Atom\" "
      "xmlns:thr=\"http://purl.org/syndication/thread/1.0\"><title>Comments</title><link "
      "rel=\"alternate\" href=\"" +
      Link(post.number) + "\"/><generator uri=\"https://wordpress.org/\">WordPress</generator>";
  for (const Comment* comment : shown) {
    const std::string guid = Guid(post.number);
    const std::string parent =
        comment->parent > 0 ? guid + "#comment-" + std::to_string(comment->parent) : guid;
    xml += "<entry><title>By: Ben</title><author><name>Ben</name></author><id>" +
           Escaped(guid + "#comment-" + std::to_string(comment->number)) + "</id><updated>" +
           Gmt(comment->date) + "Z</updated><published>" + Gmt(comment->date) +
           "Z</published><content type=\"html\">" +
           Escaped("<p>" + Escaped(comment->text) + "</p>") + "</content><thr:in-reply-to ref=\"" +
           Escaped(parent) + "\"/></entry>";
  }
  return xml + "</feed>";
}

}  // namespace latecomer::test
