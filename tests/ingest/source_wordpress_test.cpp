#include "ingest/source_wordpress.h"

#include <boost/test/unit_test.hpp>

#include "tests/ingest/fake_blog.h"

namespace latecomer {
namespace {

using namespace std::chrono_literals;
using test::BlogRig;
using test::CheckSame;
using test::FakeBlog;
using test::Fill;
using test::Has;
using test::kBlogBegin;
using test::kDay;
using test::kHour;
using test::Peer;
using test::Reply;
using test::Seen;
using test::ServedRequest;
using test::Started;

}  // namespace

BOOST_AUTO_TEST_SUITE(source_wordpress)

BOOST_AUTO_TEST_CASE(what_is_there_is_read_once_and_whole) {
  BlogRig rig("wordpress", true);
  const Started made = Fill(rig.blog);
  BOOST_REQUIRE(rig.Run());
  CheckSame(rig.context.Seen("openday"), rig.blog.Expected("openday"));
  BOOST_TEST(rig.context.Seen("openday").size() == 7U);
  BOOST_TEST(rig.context.doubled == 0U);
  BOOST_TEST(rig.context.rejects.size() == 0U);
  BOOST_TEST(Has(rig.context.coverage, "whole"));
  BOOST_TEST(rig.context.counters().left == 0U);

  // Another round sees what has changed in between, and doubles nothing.
  rig.context.now += kHour;
  rig.blog.now = rig.context.now;
  rig.blog.ChangeComment(made.first, [](FakeBlog::Comment& one) { one.text = "Will be there"; });
  rig.blog.AddComment(made.post, "Late, as ever", made.reply);
  const std::string gone =
      rig.blog.base + "/?p=" + std::to_string(made.post) + "#comment-" + std::to_string(made.reply);
  rig.blog.TrashComment(made.reply);
  BOOST_REQUIRE(rig.Run());
  Seen expected = rig.blog.Expected("openday");
  expected[gone] = "deleted";
  CheckSame(rig.context.Seen("openday"), expected);
  BOOST_TEST(rig.context.doubled == 0U);
}

BOOST_AUTO_TEST_CASE(late_replies_edits_and_deletions) {
  BlogRig rig("wordpress");
  const Started made = Fill(rig.blog);
  const std::string base = rig.blog.base + "/?p=";
  std::int64_t trashed = 0;
  std::int64_t deleted = 0;
  std::int64_t hidden = 0;
  Seen gone;
  int step = 0;
  const auto advance = rig.context.on_wait;
  rig.context.on_wait = [&] {
    advance();
    const TimeMs passed = rig.context.now - kBlogBegin;
    FakeBlog& blog = rig.blog;
    if (step == 0 && passed > kHour) {
      ++step;
      blog.AddComment(made.post, "Late", made.reply);
      trashed = blog.AddPost("Trash", "no", {made.tag});
      deleted = blog.AddPost("Deleted", "no", {made.tag});
      hidden = blog.AddPost("Hidden", "for a while", {made.tag});
      blog.AddComment(deleted, "with it");
      blog.ChangePost(made.post, [](FakeBlog::Post& post) { post.content = "Doors open at nine"; });
      blog.ChangeComment(made.first, [](FakeBlog::Comment& one) { one.text = "I was there"; });
    } else if (step == 1 && passed > kDay + 5 * kHour) {
      ++step;
      blog.TrashPost(trashed);
      blog.TrashPost(hidden);
      const std::string comment = std::to_string(deleted + 2);
      gone[base + std::to_string(deleted) + "#comment-" + comment] = "deleted";
      for (const std::int64_t one : {trashed, deleted})
        gone[base + std::to_string(one)] = "deleted";
      blog.DeletePost(deleted);
    } else if (step == 2 && passed > 2 * kDay + kHour) {
      ++step;
      blog.AddComment(made.other, "Two days later");
    }
  };
  // Hidden for less than a day after it was missed.
  rig.context.on_write = [&]() -> std::optional<Error> {
    const bool missed = rig.context.cursors().contains("about posts/" + std::to_string(hidden)) &&
                        !rig.context.cursors()
                             .find("about posts/" + std::to_string(hidden))
                             ->second.starts_with("v1 " + std::to_string(kBlogBegin) + " 0 ");
    if (step == 2 && missed && hidden != 0) {
      const auto about =
          rig.context.cursors().find("about posts/" + std::to_string(hidden))->second;
      std::string_view text = about;
      text.remove_prefix(text.find(' ', 3) + 1);
      if (!text.starts_with("0 ")) {
        rig.blog.ChangePost(hidden, [](FakeBlog::Post& post) { post.status = "publish"; });
        hidden = 0;
      }
    }
    return std::nullopt;
  };
  BOOST_REQUIRE(rig.Run(kBlogBegin + 4 * kDay));
  BOOST_TEST(step == 3);
  Seen expected = rig.blog.Expected("openday");
  expected.insert(gone.begin(), gone.end());
  CheckSame(rig.context.Seen("openday"), expected);
  BOOST_TEST(rig.context.doubled == 0U);
  BOOST_TEST(rig.context.rejects.size() == 0U);
  // The tail, a sweep a day, and visits that grow rare.
  BOOST_TEST(rig.blog.served.load() < 4U * 1'200U);
}

BOOST_AUTO_TEST_CASE(stopped_and_killed_anywhere) {
  for (int at = 1; at < 25; ++at) {
    BlogRig rig("wordpress", true);
    const Started made = Fill(rig.blog);
    for (int i = 0; i < 30; ++i) {
      rig.blog.AddComment(rig.blog.AddPost("n", "more", {made.tag}), "yes");
    }
    int writes = 0;
    rig.context.on_write = [&]() -> std::optional<Error> {
      if (++writes != at) return std::nullopt;
      if (at % 2 == 0) rig.context.RequestStop();
      return RetryLater("the log is away");
    };
    (void)rig.Run();
    rig.context.on_write = nullptr;
    rig.blog.AddComment(made.post, "in between");
    BOOST_REQUIRE(rig.Run());
    CheckSame(rig.context.Seen("openday"), rig.blog.Expected("openday"));
    BOOST_TEST(rig.context.doubled == 0U);
  }
}

BOOST_AUTO_TEST_CASE(what_vanishes_from_a_list_is_not_gone) {
  BlogRig rig("wordpress", true);
  const Started made = Fill(rig.blog);
  BOOST_REQUIRE(rig.Run());
  const Seen before = rig.context.Seen("openday");
  // Lists are empty, single items refuse for another reason than their own.
  rig.blog.before = [&](const ServedRequest& request, Peer& peer) {
    const bool is_list = request.target.find("/comments?post=") != std::string::npos;
    const bool is_one = request.target.find("/comments/") != std::string::npos;
    if (!is_list && !is_one) return false;
    peer.Send(is_list ? Reply(200, "[]", {"X-WP-Total: 0"})
                      : Reply(401, "{\"code\":\"rest_login_required\"}"));
    return true;
  };
  rig.context.now += kDay;
  BOOST_REQUIRE(rig.Run());
  CheckSame(rig.context.Seen("openday"), before);
  // An id of another host is not this blog's to delete.
  rig.blog.before = nullptr;
  BlogRig moved("wordpress", true);
  moved.blog.guid_base = "https://elsewhere.example";
  const Started there = Fill(moved.blog);
  BOOST_REQUIRE(moved.Run());
  moved.blog.DeletePost(there.post);
  BOOST_REQUIRE(moved.Run());
  BOOST_TEST(moved.context.Seen("openday").size() == 7U);
  for (const auto& [id, text] : moved.context.Seen("openday")) BOOST_TEST(text != "deleted", id);
  (void)made;
}

BOOST_AUTO_TEST_CASE(a_closed_api_leaves_the_feeds) {
  BlogRig rig("wordpress", true);
  Fill(rig.blog);
  rig.blog.rest = false;
  BOOST_REQUIRE(rig.Run());
  Seen expected = rig.blog.Expected("openday");
  // A comment that carries it stands on a post that no feed of the hashtag shows.
  std::erase_if(expected, [&](const auto& one) {
    return one.second.find("openday?") != std::string::npos ||
           one.second.find("Lunch") != std::string::npos ||
           one.second.find("Much") != std::string::npos;
  });
  CheckSame(rig.context.Seen("openday"), expected);
  BOOST_TEST(Has(rig.context.coverage, "REST API is closed"));
  BOOST_TEST(rig.context.doubled == 0U);
}

BOOST_AUTO_TEST_CASE(history_ends_where_it_should) {
  BlogRig rig("wordpress", true, {{"since", FormatTime(kBlogBegin)}});
  const std::int64_t tag = rig.blog.AddTag("openday");
  const std::int64_t old = rig.blog.AddPost("old", "old", {tag});
  rig.blog.ChangePost(old, [](FakeBlog::Post& post) { post.date -= 10 * kDay; });
  rig.blog.AddPost("new", "new", {tag});
  BOOST_REQUIRE(rig.Run());
  BOOST_TEST(rig.context.Seen("openday").size() == 1U);
}

BOOST_AUTO_TEST_CASE(dated_back_and_planned_posts_are_found) {
  BlogRig rig("wordpress");
  const std::int64_t tag = rig.blog.AddTag("openday");
  rig.blog.AddPost("first", "x", {tag});
  int step = 0;
  const auto advance = rig.context.on_wait;
  rig.context.on_wait = [&] {
    advance();
    if (step++ != 5) return;
    // An import: neither date nor modification is new.
    const std::int64_t old = rig.blog.AddPost("imported", "x", {tag});
    rig.blog.ChangePost(old, [](FakeBlog::Post& post) {
      post.date -= 400 * kDay;
      post.modified = post.date;
    });
    // Planned: it was modified last when it was written.
    const std::int64_t planned = rig.blog.AddPost("planned", "x", {tag});
    rig.blog.ChangePost(planned, [](FakeBlog::Post& post) { post.modified -= 3 * kDay; });
  };
  BOOST_REQUIRE(rig.Run(kBlogBegin + 2 * kDay));
  BOOST_TEST(rig.context.Seen("openday").size() == 3U);
}

BOOST_AUTO_TEST_CASE(never_more_requests_a_day_than_allowed) {
  BlogRig rig("wordpress", false, {{"requests_a_day", "300"}});
  Fill(rig.blog);
  TimeMs day = kBlogBegin;
  std::uint64_t at_begin = 0;
  std::uint64_t most = 0;
  while (rig.context.now < kBlogBegin + 3 * kDay) {
    const Status status = rig.Run(kBlogBegin + 3 * kDay);
    if (!status) {
      BOOST_REQUIRE((status.error().code == ErrorCode::kRetryLater));
      rig.context.now += std::max<TimeMs>(status.error().retry_after.count(), 1'000);
      rig.context.on_wait();
    }
    if (rig.context.now - day >= kDay) {
      most = std::max(most, rig.blog.served - at_begin);
      at_begin = rig.blog.served;
      day = rig.context.now;
    }
  }
  BOOST_TEST(most <= 310U);
  BOOST_TEST(most > 200U);
  CheckSame(rig.context.Seen("openday"), rig.blog.Expected("openday"));
}

BOOST_AUTO_TEST_CASE(doctor_says_what_works) {
  BlogRig rig("wordpress");
  Fill(rig.blog);
  std::string all;
  for (const SourceFinding& finding : rig.Check()) all += finding.text + "\n";
  BOOST_TEST(all.find("4 posts") != std::string::npos, all);
  BOOST_TEST(all.find("#openday: 1 tag(s)") != std::string::npos, all);
  rig.blog.rest = false;
  all.clear();
  for (const SourceFinding& finding : rig.Check()) all += finding.text + "\n";
  BOOST_TEST(all.find("feeds are read") != std::string::npos, all);
}

BOOST_AUTO_TEST_CASE(options_that_make_no_sense) {
  SourceSpec spec;
  spec.name = "blog";
  spec.kind = "wordpress";
  spec.hashtags = {{"openday", "OpenDay", {}}};
  BOOST_TEST(!MakeSource(spec));
  spec.options["base"] = "https://b.example";
  BOOST_TEST(static_cast<bool>(MakeSource(spec)));
  for (const auto& [name, value] : std::map<std::string, std::string>{{"handle", "ana"},
                                                                      {"token_file", "/x"},
                                                                      {"since", "yesterday"},
                                                                      {"stream", "true"},
                                                                      {"requests_a_day", "0"},
                                                                      {"revisit_for", "long"}}) {
    SourceSpec wrong = spec;
    wrong.options[name] = value;
    BOOST_TEST(!MakeSource(wrong), name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
