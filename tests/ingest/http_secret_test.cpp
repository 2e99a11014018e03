#include "ingest/http_secret.h"

#include <sys/stat.h>

#include <spdlog/fmt/fmt.h>
#include <boost/test/unit_test.hpp>
#include <concepts>
#include <cstdlib>
#include <fstream>

#include "tests/store/temp_dir.h"

namespace latecomer {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
template <typename T>
concept Comparable = requires(const T& a, const T& b) {
  a == b;
};

static_assert(Printable<std::string> && !Printable<Secret>);
static_assert(!Comparable<Secret>);
static_assert(!std::convertible_to<Secret, std::string>);
static_assert(!std::convertible_to<std::string, Secret>);
static_assert(!fmt::is_formattable<Secret>::value);

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_secret)

BOOST_AUTO_TEST_CASE(reads_and_reads_again_when_changed) {
  const test::TempDir dir;
  const std::string path = dir / "token";
  Write(path, "  first\r\n");
  SecretFile file(path);
  BOOST_TEST(file.Get()->Reveal() == "first");
  BOOST_TEST(file.Get()->Reveal() == "first");
  Write(path, "the second\n");
  BOOST_TEST(file.Get()->Reveal() == "the second");
  // As careful tools do it: another file in its place, of the same size.
  Write(path + ".new", "the third \n");
  std::filesystem::rename(path + ".new", path);
  BOOST_TEST(file.Get()->Reveal() == "the third");
}

BOOST_AUTO_TEST_CASE(what_is_no_secret) {
  const test::TempDir dir;
  const std::string path = dir / "token";
  const auto message = [&] {
    const Result<Secret> secret = SecretFile(path).Get();
    BOOST_REQUIRE(!secret);
    BOOST_TEST((secret.error().code == ErrorCode::kFatal));
    BOOST_TEST(secret.error().message.find(path) != std::string::npos);
    BOOST_TEST(secret.error().message.find("hush") == std::string::npos);
    return secret.error().message;
  };
  BOOST_TEST(message().find("No such file") != std::string::npos);
  Write(path, " \n");
  BOOST_TEST(message().find("empty") != std::string::npos);
  Write(path, "hush\nhush\n");
  BOOST_TEST(message().find("one line") != std::string::npos);
  Write(path, "hush" + std::string(100'000, 'x'));
  BOOST_TEST(message().find("too large") != std::string::npos);
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  BOOST_TEST(message().find("no file") != std::string::npos);
  std::filesystem::remove(path);
  BOOST_REQUIRE(mkfifo(path.c_str(), 0600) == 0);  // nobody writes: must not hang
  BOOST_TEST(message().find("no file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(credentials_of_the_service_manager) {
  const test::TempDir dir;
  Write(dir / "mastodon", "from systemd\n");
  ::unsetenv("CREDENTIALS_DIRECTORY");
  SecretFile file("/etc/latecomer/credential:mastodon");
  BOOST_TEST(file.Get().error().message.find("CREDENTIALS_DIRECTORY") != std::string::npos);
  ::setenv("CREDENTIALS_DIRECTORY", dir.path().c_str(), 1);
  BOOST_TEST(file.Get()->Reveal() == "from systemd");
  BOOST_TEST(SecretFile("credential:mastodon").Get()->Reveal() == "from systemd");
  BOOST_TEST(!SecretFile("credential:other").Get());
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

BOOST_AUTO_TEST_CASE(moving_leaves_nothing_behind) {
  Secret one(std::string(100, 's'));
  Secret two = std::move(one);
  BOOST_TEST(one.empty());  // NOLINT: that is the point
  BOOST_TEST(two.Reveal() == std::string(100, 's'));
  Secret three;
  three = std::move(two);
  BOOST_TEST(two.empty());  // NOLINT
  const Secret four = three;
  BOOST_TEST(four.Reveal() == three.Reveal());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
