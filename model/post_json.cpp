#include "model/post_json.h"

#include <xxhash.h>

#include "base/json_out.h"
#include "model/post_handler_json.h"

namespace latecomer {

namespace {

void AppendAuthor(std::string& out, const Author& author) {
  JsonObject object(out);
  object.String("id", author.id);
  if (!author.preferred_username.empty()) {
    object.String("preferredUsername", author.preferred_username);
  }
  if (!author.name.empty()) object.String("name", author.name);
  if (!author.url.empty()) object.String("url", author.url);
  if (!author.icon.empty()) object.String("icon", author.icon);
  object.Close();
}

void AppendTag(std::string& out, const Tag& tag) {
  JsonObject object(out);
  if (!tag.type.empty()) object.String("type", tag.type);
  if (!tag.href.empty()) object.String("href", tag.href);
  if (!tag.name.empty()) object.String("name", tag.name);
  object.Close();
}

void AppendAttachment(std::string& out, const Attachment& attachment) {
  JsonObject object(out);
  if (!attachment.type.empty()) object.String("type", attachment.type);
  if (!attachment.media_type.empty()) object.String("mediaType", attachment.media_type);
  if (!attachment.url.empty()) object.String("url", attachment.url);
  if (!attachment.name.empty()) object.String("name", attachment.name);
  if (attachment.width) object.Int("width", *attachment.width);
  if (attachment.height) object.Int("height", *attachment.height);
  object.Close();
}

// Writes the items that are not empty; nothing at all where none is.
template <typename T, typename Append>
void AppendArray(JsonObject& object, std::string_view name, const std::vector<T>& items,
                 Append append) {
  bool first = true;
  for (const T& item : items) {
    if (item == T{}) continue;
    if (first) object.Key(name).out() += '[';
    if (!first) object.out() += ',';
    first = false;
    append(object.out(), item);
  }
  if (!first) object.out() += ']';
}

void AppendBody(JsonObject& object, const Post& post) {
  if (!post.attributed_to.id.empty()) {
    object.Key("attributedTo");
    AppendAuthor(object.out(), post.attributed_to);
  }
  if (!post.content.empty()) object.String("content", post.content);
  if (!post.summary.empty()) object.String("summary", post.summary);
  if (!post.language.empty()) object.String("language", post.language);
  if (post.sensitive) object.Bool("sensitive", true);
}

void AppendRest(JsonObject& object, const Post& post) {
  if (!post.quote_uri.empty()) object.String("quoteUri", post.quote_uri);
  AppendArray(object, "tag", post.tag, AppendTag);
  AppendArray(object, "attachment", post.attachment, AppendAttachment);
}

void AppendSource(JsonObject& object, const PostSource& source) {
  if (source == PostSource{}) return;
  JsonObject inner(object.Key("source").out());
  if (!source.kind.empty()) inner.String("kind", source.kind);
  if (!source.instance.empty()) inner.String("instance", source.instance);
  if (source.retrieved) inner.Time("retrieved", *source.retrieved);
  inner.Close();
}

constexpr std::string_view TypeName(PostType type) {
  switch (type) {
    case PostType::kNote:
      return "Note";
    case PostType::kAnnounce:
      return "Announce";
    case PostType::kTombstone:
      return "Tombstone";
  }
  return "";
}

void AppendCoverage(std::string& out, const Coverage& coverage) {
  JsonObject object(out);
  object.Int("v", 1).String("type", "Coverage").String("source", coverage.source);
  object.Time("from", coverage.from).Time("to", coverage.to).Bool("complete", coverage.complete);
  if (!coverage.why.empty()) object.String("why", coverage.why);
  object.Close();
}

void AppendForget(std::string& out, const Forget& forget) {
  JsonObject object(out);
  object.Int("v", 1).String("type", "Forget");
  if (!forget.post.empty()) object.String("post", forget.post);
  if (!forget.author.empty()) object.String("author", forget.author);
  object.Close();
}

}  // namespace

struct PostReader::Impl {
  PostHandler handler;
};

PostReader::PostReader() : impl_(std::make_unique<Impl>()) {}
PostReader::~PostReader() = default;

Status PostReader::Read(std::string_view json) { return Read(json, value_); }

Status PostReader::Read(std::string_view json, PostsValue& value) {
  if (Status parsed = impl_->handler.Parse(json); !parsed) return parsed;
  return impl_->handler.Finish(value);
}

void AppendPost(std::string& out, const Post& post) {
  JsonObject object(out);
  object.Int("v", 1).String("type", TypeName(post.type)).String("id", post.id);
  if (!post.url.empty()) object.String("url", post.url);
  if (post.published) object.Time("published", *post.published);
  if (post.updated) object.Time("updated", *post.updated);
  if (post.deleted) object.Time("deleted", *post.deleted);
  AppendBody(object, post);
  if (!post.in_reply_to.empty()) object.String("inReplyTo", post.in_reply_to);
  if (!post.context.empty()) object.String("context", post.context);
  if (!post.object.empty()) object.String("object", post.object);
  AppendRest(object, post);
  if (post.via == Via::kThread) object.String("via", "thread");
  AppendSource(object, post.source);
  object.Close();
}

void AppendPostsValue(std::string& out, const PostsValue& value) {
  if (const Post* post = std::get_if<Post>(&value)) return AppendPost(out, *post);
  if (const Coverage* coverage = std::get_if<Coverage>(&value)) {
    return AppendCoverage(out, *coverage);
  }
  AppendForget(out, std::get<Forget>(value));
}

void AppendContent(std::string& out, const Post& post) {
  JsonObject object(out);
  if (!post.url.empty()) object.String("url", post.url);
  if (post.updated) object.Time("updated", *post.updated);
  AppendBody(object, post);
  AppendRest(object, post);
  object.Close();
}

std::uint64_t ContentDigest(std::string_view content_json) {
  return XXH3_64bits(content_json.data(), content_json.size());
}

Status ReadContent(std::string_view content_json, Post& post) {
  PostHandler handler;
  if (Status parsed = handler.Parse(content_json); !parsed) {
    return Corrupt("content object: " + parsed.error().message);
  }
  if (Status taken = handler.TakeContent(post); !taken) return Corrupt(taken.error().message);
  return {};
}

}  // namespace latecomer
