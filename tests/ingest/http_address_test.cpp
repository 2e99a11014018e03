#include "ingest/http_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <boost/test/unit_test.hpp>
#include <cstring>

namespace latecomer {
namespace {

sockaddr_storage Socket(const std::string& text) {
  sockaddr_storage storage{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else {
    BOOST_REQUIRE(inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1);
    storage.ss_family = AF_INET6;
  }
  return storage;
}

bool Allows(const AddressPolicy& policy, const std::string& host, const std::string& address) {
  const sockaddr_storage socket = Socket(address);
  return policy.Allows(host, reinterpret_cast<const sockaddr*>(&socket));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_address)

BOOST_AUTO_TEST_CASE(only_the_public_network) {
  const AddressPolicy policy = *AddressPolicy::Make({});
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "10.255.255.255",
                              "100.64.0.1",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.255.254",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.8",
                              "192.0.2.1",
                              "192.88.99.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.7",
                              "203.0.113.7",
                              "224.0.0.1",
                              "239.255.255.250",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::127.0.0.1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "::ffff:169.254.169.254",
                              "64:ff9b::127.0.0.1",
                              "64:ff9b::10.0.0.1",
                              "64:ff9b:1::8.8.8.8",
                              "100::1",
                              "2001::1",
                              "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                              "2001:db8::1",
                              "2002:7f00:1::",
                              "2002:a00:1::1",
                              "3fff::1",
                              "5f00::1",
                              "fc00::1",
                              "fd00:ec2::254",
                              "fe80::1",
                              "fec0::1",
                              "ff02::1",
                              "4000::1"}) {
    BOOST_TEST(!Allows(policy, "h.example", address), address);
  }
  for (const char* address : {"1.1.1.1",         "8.8.8.8",           "9.255.255.255",
                              "11.0.0.0",        "100.63.255.255",    "100.128.0.0",
                              "126.255.255.255", "128.0.0.1",         "169.253.255.255",
                              "172.15.255.255",  "172.32.0.0",        "192.167.255.255",
                              "198.17.255.255",  "198.20.0.0",        "223.255.255.255",
                              "2606:4700::1111", "2a00:1450:4001::8", "2001:4860:4860::8888",
                              "::ffff:8.8.8.8",  "64:ff9b::8.8.8.8"}) {
    BOOST_TEST(Allows(policy, "h.example", address), address);
  }
}

BOOST_AUTO_TEST_CASE(what_the_settings_allow) {
  const AddressPolicy policy =
      *AddressPolicy::Make({"127.0.0.1", "10.1.0.0/16", "fd00::/8", "Wiki.Intranet"});
  BOOST_TEST(Allows(policy, "h.example", "127.0.0.1"));
  BOOST_TEST(Allows(policy, "h.example", "::ffff:127.0.0.1"));
  BOOST_TEST(!Allows(policy, "h.example", "127.0.0.2"));
  BOOST_TEST(Allows(policy, "h.example", "10.1.255.1"));
  BOOST_TEST(!Allows(policy, "h.example", "10.2.0.1"));
  BOOST_TEST(Allows(policy, "h.example", "fd12::1"));
  BOOST_TEST(!Allows(policy, "h.example", "fe80::1"));
  BOOST_TEST(Allows(policy, "wiki.intranet", "192.168.7.7"));
  BOOST_TEST(!Allows(policy, "other.intranet", "192.168.7.7"));
}

BOOST_AUTO_TEST_CASE(other_families_are_refused) {
  const AddressPolicy policy = *AddressPolicy::Make({"0.0.0.0/0", "::/0"});
  sockaddr_storage unix_socket{};
  unix_socket.ss_family = AF_UNIX;
  BOOST_TEST(!policy.Allows("h.example", reinterpret_cast<const sockaddr*>(&unix_socket)));
  BOOST_TEST(Allows(policy, "h.example", "10.0.0.1"));
  BOOST_TEST(Allows(policy, "h.example", "fe80::1"));
}

BOOST_AUTO_TEST_CASE(networks_are_read_strictly) {
  for (const char* text : {"", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1",
                           "10.0.0.0/8x", "/8", "10.0.0.0/8/8"}) {
    BOOST_TEST(!ParseIpNetwork(text), text);
  }
  BOOST_TEST(!AddressPolicy::Make({"10.0.0.0/40"}));
  BOOST_TEST(!AddressPolicy::Make({"http://intranet"}));
  BOOST_TEST(!AddressPolicy::Make({""}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace latecomer
