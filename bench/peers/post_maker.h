// The posts of the Kafka benchmarks: the same ones for the same seed, in the order in which they
// arrive. 200 hashtags, of which the n-th gets a share of 1/n (Zipf); about 980 bytes a post.
//
// Of a hundred: 19 reposts, 4 edits, 2 repeats, 1 deletion, the rest new posts, 45 % of them
// replies; one in 25 arrives after its replies, and one reply in 50 names a post that never comes.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "model/post.h"

namespace latecomer {

struct MadePost {
  std::string hashtag;
  Post post;
};

class PostMaker {
 public:
  PostMaker();
  MadePost Next();

  static constexpr std::size_t kHashtags = 200;

 private:
  struct Note {
    std::uint64_t number = 0;
    TimeMs published = 0;
    std::string parent;
    std::string context;
    std::uint32_t author = 0;
    std::uint32_t edits = 0;
  };
  struct Held {
    std::uint64_t at;  // of made_
    std::size_t hashtag;
    std::size_t note;
  };

  std::size_t Roll(std::size_t sides) { return random_() % sides; }
  std::size_t PickHashtag();
  std::size_t PickRecent(std::size_t hashtag);
  Post NewNote(std::size_t hashtag);
  Post NoteOf(std::size_t hashtag, const Note& note) const;
  std::string TextOf(const Note& note) const;
  Post Repost(std::size_t hashtag);
  Post Deletion(std::size_t hashtag);

  std::mt19937_64 random_{20'130'625};
  std::vector<double> shares_;            // cumulative
  std::string text_;                      // that contents are cut out of
  std::vector<std::vector<Note>> notes_;  // of each hashtag
  std::vector<Held> held_;
  std::uint64_t made_ = 0;
  std::uint64_t number_ = 0;
  TimeMs now_;
};

}  // namespace latecomer
