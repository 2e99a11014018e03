#include "config/setting_checks.h"

#include <boost/test/unit_test.hpp>
#include <vector>

namespace latecomer {
namespace {

using Check = std::optional<std::string> (*)(std::string_view);

void Accepts(Check check, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const auto wrong = check(text);
    BOOST_TEST(!wrong.has_value(), text << " " << wrong.value_or(""));
  }
}

void Refuses(Check check, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const auto wrong = check(text);
    BOOST_TEST((wrong.has_value() && !wrong->empty()), text << " is accepted");
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(setting_checks)

BOOST_AUTO_TEST_CASE(listen) {
  Accepts(CheckListen, {"127.0.0.1:8470", "0.0.0.0:0", "[::1]:8470", "[::]:65535", "localhost:80",
                        "host-1.example:1", "/run/latecomer.sock", "./sock"});
  Refuses(CheckListen, {"",
                        "8470",
                        "127.0.0.1",
                        ":8470",
                        "127.0.0.1:",
                        "127.0.0.1:65536",
                        "127.0.0.1:99999999999",
                        "127.0.0.1:x",
                        "127.0.0.1:-1",
                        "256.0.0.1:1",
                        "127.0.1:1",
                        "::1:8470",
                        "[::1]",
                        "[::g]:1",
                        "[]:1",
                        "a b:1",
                        "ho st:1",
                        "http://127.0.0.1:8470",
                        "é:1",
                        "/" + std::string(107, 'x')});
}

BOOST_AUTO_TEST_CASE(admin) {
  Accepts(CheckAdmin, {"", "127.0.0.1:8471", "[::1]:0", "host-1.example:1"});
  Refuses(CheckAdmin, {"8471", ":8471", "127.0.0.1", "/run/latecomer.sock", "http://a.example:1"});
}

BOOST_AUTO_TEST_CASE(instance) {
  Accepts(CheckInstance, {"", "a", "rack-2.a_B", std::string(100, 'x')});
  Refuses(CheckInstance, {"a b", "é", "a/b", "a:b", std::string(101, 'x')});
}

BOOST_AUTO_TEST_CASE(web_address) {
  Accepts(CheckWebAddress, {"", "https://replay.example", "http://127.0.0.1:8470/latecomer/",
                            "http://[::1]:80", "https://münchen.example"});
  Refuses(CheckWebAddress,
          {"replay.example", "ftp://a.example", "https://", "https:///a", "https://a.example/?q",
           "https://a.example/#f", "https://a b.example", "https://u:p@a.example",
           "https://a.example:0x1", "javascript:alert(1)"});
  Accepts(CheckSourceAddress, {"wss://relay.example", "ws://127.0.0.1:7777"});
  Accepts(CheckSourceAddress, {"https://blog.example/?feed=atom&tag=x", "https://b.example?x"});
  Refuses(CheckSourceAddress,
          {"", "relay.example", "https://b.example/#x", "https://u@b.example?x"});
}

BOOST_AUTO_TEST_CASE(contact) {
  Accepts(CheckContact,
          {"", "https://school.example/latecomer", "mailto:a@b.example", "a@b.example"});
  Refuses(CheckContact, {"me", "a @b", "a@b)", "a@b\n", "https://" + std::string(200, 'a')});
}

BOOST_AUTO_TEST_CASE(brokers) {
  Accepts(CheckBrokers, {"localhost:9092", "a:1,b:2, c.example:3 ,[::1]:4"});
  Refuses(CheckBrokers, {"", "localhost", "a:1,", ",a:1", "a:1;b:2", "a:1,b"});
}

BOOST_AUTO_TEST_CASE(topic_prefix) {
  Accepts(CheckTopicPrefix, {"", "latecomer.", "a-b_c.9", std::string(200, 'a')});
  Refuses(CheckTopicPrefix, {"a b", "a/b", "é", std::string(201, 'a')});
}

BOOST_AUTO_TEST_CASE(database) {
  Accepts(CheckDatabase,
          {"postgresql:///latecomer", "postgres://u@h:5432/db", "postgresql://u@[::1]:5432/db",
           "host=/run/postgresql dbname=latecomer user=u", "postgresql:///x?passfile=/etc/p"});
  Refuses(CheckDatabase, {"", "mysql://h/db", "latecomer", "postgresql://u:p@h/db",
                          "postgresql:///db?password=x", "host=h password=x", "password = x"});
}

BOOST_AUTO_TEST_CASE(source_name) {
  Accepts(CheckSourceName, {"social", "a/b@c", "é", std::string(100, 'a')});
  Refuses(CheckSourceName, {"", "a b", "a\tb", std::string(101, 'a')});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
