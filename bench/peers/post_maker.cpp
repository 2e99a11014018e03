#include "bench/peers/post_maker.h"

#include <algorithm>

namespace latecomer {
namespace {

constexpr TimeMs kBegin = 1'372'150'000'000;
constexpr TimeMs kStepMs = 1'700;
constexpr std::uint64_t kPostsADay = 30'000;
constexpr TimeMs kNightMs = 9 * 3'600'000;
constexpr std::size_t kRecent = 400;  // how far back people reply, repost and edit
constexpr std::uint64_t kHeldMax = 3'000;
constexpr std::size_t kTextBytes = 608;
constexpr std::uint32_t kAuthors = 50'000;

const char* const kWords[] = {
    "the",       "unconference", "session",  "about",  "small",     "groups",  "where", "I",
    "learn",     "most",         "question", "answer", "teacher",   "morning", "from",  "a",
    "colleague", "who",          "missed",   "it",     "yesterday", "and",     "wrote", "notes",
    "again",     "because",      "nobody",   "knew",   "how",       "we",      "would", "follow"};

std::string IdOf(std::uint64_t number) {
  return "https://social.example/users/somebody/statuses/" + std::to_string(1'000'000'000 + number);
}
std::string AuthorOf(std::uint32_t author) {
  return "https://social.example/users/person" + std::to_string(author);
}

}  // namespace

PostMaker::PostMaker() : notes_(kHashtags), now_(kBegin) {
  double sum = 0;
  for (std::size_t i = 0; i < kHashtags; ++i) {
    sum += 1.0 / static_cast<double>(i + 1);
    shares_.push_back(sum);
  }
  while (text_.size() < (1U << 20U)) {
    text_ += kWords[Roll(std::size(kWords))];
    text_ += Roll(9) == 0 ? std::to_string(Roll(10'000)) + " " : " ";
  }
}

std::size_t PostMaker::PickHashtag() {
  const double at = static_cast<double>(random_() >> 11U) * 0x1p-53 * shares_.back();
  const auto found = std::upper_bound(shares_.begin(), shares_.end(), at);
  return std::min<std::size_t>(static_cast<std::size_t>(found - shares_.begin()), kHashtags - 1);
}

std::size_t PostMaker::PickRecent(std::size_t hashtag) {
  const std::size_t count = notes_[hashtag].size();
  return count - 1 - Roll(std::min(count, kRecent));
}

std::string PostMaker::TextOf(const Note& note) const {
  const std::uint64_t mixed = (note.number + 1 + note.edits * 977ULL) * 0x9e3779b97f4a7c15ULL;
  const std::size_t size = kTextBytes - 160 + mixed % 321;
  return "<p>" + text_.substr((mixed >> 20U) % (text_.size() - size), size) + "</p>";
}

Post PostMaker::NoteOf(std::size_t hashtag, const Note& note) const {
  Post post;
  post.id = IdOf(note.number);
  post.url = "https://social.example/@person/" + std::to_string(1'000'000'000 + note.number);
  post.published = note.published;
  if (note.edits > 0) post.updated = note.published + note.edits * TimeMs{60'000};
  post.attributed_to.id = AuthorOf(note.author);
  post.attributed_to.preferred_username = "person" + std::to_string(note.author);
  post.attributed_to.name = "Person " + std::to_string(note.author);
  post.content = TextOf(note);
  post.language = "en";
  post.in_reply_to = note.parent;
  post.context = note.context;
  post.tag.push_back({"Hashtag", "", "#hashtag" + std::to_string(hashtag)});
  return post;
}

Post PostMaker::NewNote(std::size_t hashtag) {
  std::vector<Note>& known = notes_[hashtag];
  Note note;
  note.number = ++number_;
  note.published = now_;
  note.author = static_cast<std::uint32_t>(Roll(kAuthors));
  if (!known.empty() && Roll(100) < 45) {
    const Note& parent = known[PickRecent(hashtag)];
    note.parent = IdOf(parent.number);
    // Half of the sources state the conversation too.
    if (note.number % 2 == 0) {
      note.context = !parent.context.empty() ? parent.context
                     : parent.parent.empty() ? note.parent
                                             : std::string();
    }
    if (Roll(50) == 0) note.parent = IdOf(900'000'000 + note.number);
  }
  known.push_back(note);
  return NoteOf(hashtag, note);
}

Post PostMaker::Repost(std::size_t hashtag) {
  const Note& note = notes_[hashtag][PickRecent(hashtag)];
  Post post;
  post.type = PostType::kAnnounce;
  post.id = "https://social.example/users/somebody/reposts/" + std::to_string(++number_);
  post.published = now_;
  const auto author = static_cast<std::uint32_t>(Roll(kAuthors));
  post.attributed_to.id = AuthorOf(author);
  post.attributed_to.preferred_username = "person" + std::to_string(author);
  post.object = IdOf(note.number);
  return post;
}

Post PostMaker::Deletion(std::size_t hashtag) {
  const Note& note = notes_[hashtag][PickRecent(hashtag)];
  Post post;
  post.type = PostType::kTombstone;
  post.id = IdOf(note.number);
  post.published = note.published;
  post.deleted = now_;
  post.in_reply_to = note.parent;
  post.context = note.context;
  return post;
}

MadePost PostMaker::Next() {
  MadePost made;
  now_ += kStepMs;
  if (++made_ % kPostsADay == 0) now_ += kNightMs;
  std::size_t hashtag = PickHashtag();
  if (!held_.empty() && held_.front().at <= made_) {
    const Held held = held_.front();
    held_.erase(held_.begin());
    hashtag = held.hashtag;
    made.post = NoteOf(hashtag, notes_[hashtag][held.note]);
  } else if (const std::size_t kind = Roll(100); notes_[hashtag].empty() || kind < 74) {
    made.post = NewNote(hashtag);
    if (Roll(25) == 0) {
      held_.push_back({made_ + kHeldMax, hashtag, notes_[hashtag].size() - 1});
      return Next();
    }
  } else if (kind < 93) {
    made.post = Repost(hashtag);
  } else if (kind < 97) {
    Note& note = notes_[hashtag][PickRecent(hashtag)];
    ++note.edits;
    made.post = NoteOf(hashtag, note);
  } else if (kind < 99) {
    made.post = NoteOf(hashtag, notes_[hashtag][PickRecent(hashtag)]);
  } else {
    made.post = Deletion(hashtag);
  }
  made.hashtag = "hashtag" + std::to_string(hashtag);
  made.post.source.kind = "mastodon";
  made.post.source.instance = "social.example";
  made.post.source.retrieved = now_ + 1'000;
  return made;
}

}  // namespace latecomer
