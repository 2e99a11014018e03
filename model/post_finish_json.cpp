// What a post that was read must hold: the checks of PostHandler::Finish.
#include "base/time.h"
#include "model/post_handler_json.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr std::uint32_t Bit(PostHandler::Field field) { return 1U << field; }
constexpr std::uint32_t kPostFields = (1U << PostHandler::kFrom) - 1;
Error FieldError(std::string_view name, std::string_view what) {
  std::string message = "field ";
  message.append(name).append(": ").append(what);
  return Invalid(std::move(message));
}

}  // namespace

Status PostHandler::CheckTypes(std::uint32_t known) const {
  const std::uint32_t wrong = wrong_ & known;
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    if ((wrong >> i & 1U) != 0) return FieldError(kNames[i], "wrong JSON type");
  }
  if (wrong_inner_field_ < kFieldCount && (known >> wrong_inner_field_ & 1U) != 0) {
    return FieldError(kNames[wrong_inner_field_], wrong_inner_);
  }
  return {};
}

Status PostHandler::CheckId(std::string_view name, const std::string& id) const {
  if (id.size() > kIdBytesMax) {
    return FieldError(name, "longer than " + std::to_string(kIdBytesMax) + " bytes");
  }
  if (HasControl(id)) return FieldError(name, "has a control character");
  return {};
}

Status PostHandler::Time(Field field, std::optional<TimeMs>& out) const {
  out.reset();
  const std::string_view text = Text(field);
  if (text.empty()) return {};
  out = ParseTime(text);
  if (!out) return FieldError(kNames[field], "cannot read the time \"" + Sample(text, 40) + "\"");
  return {};
}

Status PostHandler::FinishTimes(Post& post) {
  if (Status s = Time(kPublished, post.published); !s) return s;
  if (Status s = Time(kUpdated, post.updated); !s) return s;
  if (Status s = Time(kDeleted, post.deleted); !s) return s;
  if (!post.published && post.type != PostType::kTombstone) {
    return FieldError("published", "missing");
  }
  post.source = std::move(source_);
  post.source.retrieved.reset();
  if (retrieved_.empty()) return {};
  post.source.retrieved = ParseTime(retrieved_);
  if (!post.source.retrieved) {
    return FieldError("source",
                      "cannot read the time retrieved \"" + Sample(retrieved_, 40) + "\"");
  }
  constexpr TimeMs kDayMs = 86'400'000;
  const TimeMs bound = *post.source.retrieved + kDayMs;
  if (post.published && *post.published > bound) {
    return FieldError("published", "more than a day after source.retrieved");
  }
  if (post.updated && *post.updated > bound) {
    return FieldError("updated", "more than a day after source.retrieved");
  }
  return {};
}

void PostHandler::MoveContent(Post& post) {
  post.url = Text(kUrl);
  post.content = Text(kContent);
  post.summary = Text(kSummary);
  post.language = Text(kLanguage);
  post.quote_uri = Text(kQuoteUri);
  post.sensitive = sensitive_;
  // Without an id it is no author.
  post.attributed_to = author_.id.empty() ? Author{} : std::move(author_);
  post.tag.swap(tags_);
  post.attachment.swap(attachments_);
}

Status PostHandler::FinishPost(PostType type, Post& post) {
  if (Status s = CheckTypes(kPostFields); !s) return s;
  if (!Text(kSource).empty()) return FieldError("source", "wrong JSON type");
  post.type = type;
  post.id = Text(kId);
  if (post.id.empty()) return FieldError("id", "missing");
  post.in_reply_to = Text(kInReplyTo);
  post.context = Text(kContext);
  post.object = type == PostType::kAnnounce ? Text(kObject) : std::string_view();
  if (type == PostType::kAnnounce && post.object.empty()) return FieldError("object", "missing");
  if (Status s = CheckId("id", post.id); !s) return s;
  if (Status s = CheckId("inReplyTo", post.in_reply_to); !s) return s;
  if (Status s = CheckId("context", post.context); !s) return s;
  if (Status s = CheckId("object", post.object); !s) return s;
  const std::string_view via = Text(kVia);
  if (!via.empty() && via != "tag" && via != "thread") {
    return FieldError("via", "unknown value \"" + Sample(via, 40) + "\"");
  }
  post.via = via == "thread" ? Via::kThread : Via::kTag;
  if (Status s = FinishTimes(post); !s) return s;
  MoveContent(post);
  if (type != PostType::kTombstone) post.deleted.reset();
  if (type == PostType::kAnnounce) {
    post.content.clear();
    post.summary.clear();
    post.quote_uri.clear();
    post.attachment.clear();
    post.tag.clear();
  }
  if (type == PostType::kTombstone) {
    const Post checked = std::move(post);
    post = Post{};
    post.type = type;
    post.id = checked.id;
    post.published = checked.published;
    post.deleted = checked.deleted;
    post.in_reply_to = checked.in_reply_to;
    post.context = checked.context;
    post.source = checked.source;
  }
  return {};
}

Status PostHandler::FinishCoverage(Coverage& coverage) {
  constexpr std::uint32_t kKnown =
      Bit(kV) | Bit(kType) | Bit(kSource) | Bit(kFrom) | Bit(kTo) | Bit(kComplete) | Bit(kWhy);
  if (Status s = CheckTypes(kKnown); !s) return s;
  coverage.source = Text(kSource);
  if (coverage.source.empty()) return FieldError("source", "missing, or no text");
  if (Status s = CheckId("source", coverage.source); !s) return s;
  std::optional<TimeMs> from;
  std::optional<TimeMs> to;
  if (Status s = Time(kFrom, from); !s) return s;
  if (Status s = Time(kTo, to); !s) return s;
  if (!from) return FieldError("from", "missing");
  if (!to) return FieldError("to", "missing");
  if (*to < *from) return FieldError("to", "before from");
  if (!complete_) return FieldError("complete", "missing");
  coverage.from = *from;
  coverage.to = *to;
  coverage.complete = *complete_;
  coverage.why = Text(kWhy);
  return {};
}

Status PostHandler::FinishForget(Forget& forget) {
  constexpr std::uint32_t kKnown = Bit(kV) | Bit(kType) | Bit(kPost) | Bit(kAuthor);
  if (Status s = CheckTypes(kKnown); !s) return s;
  forget.post = Text(kPost);
  forget.author = Text(kAuthor);
  if (forget.post.empty() == forget.author.empty()) {
    return FieldError("post", "a Forget names exactly one of post and author");
  }
  if (Status s = CheckId("post", forget.post); !s) return s;
  return CheckId("author", forget.author);
}

Status PostHandler::Finish(PostsValue& value) {
  if ((wrong_ & Bit(kV)) != 0 || !v_is_one_) return FieldError("v", "not 1");
  if ((wrong_ & Bit(kType)) != 0) return FieldError("type", "wrong JSON type");
  const std::string_view type = Text(kType);
  if (type.empty()) return FieldError("type", "missing");
  if (type == "Coverage") {
    if (!std::holds_alternative<Coverage>(value)) value = Coverage{};
    return FinishCoverage(std::get<Coverage>(value));
  }
  if (type == "Forget") {
    if (!std::holds_alternative<Forget>(value)) value = Forget{};
    return FinishForget(std::get<Forget>(value));
  }
  if (!std::holds_alternative<Post>(value)) value = Post{};
  Post& post = std::get<Post>(value);
  if (type == "Note") return FinishPost(PostType::kNote, post);
  if (type == "Announce") return FinishPost(PostType::kAnnounce, post);
  if (type == "Tombstone") return FinishPost(PostType::kTombstone, post);
  return FieldError("type", "unknown value \"" + Sample(type, 40) + "\"");
}

Status PostHandler::TakeContent(Post& post) {
  if (Status s = CheckTypes(kPostFields); !s) return s;
  if (Status s = Time(kUpdated, post.updated); !s) return s;
  MoveContent(post);
  return {};
}

}  // namespace latecomer
