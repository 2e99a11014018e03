// TLS on loopback: an authority of its own, whose certificates openssl makes for each run, and
// http_tls_server.py as the server.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>
#include <string>

#include "ingest/unique_fd.h"
#include "tests/ingest/http_harness.h"
#include "tests/source_dir.h"
#include "tests/store/temp_dir.h"

extern char** environ;

namespace latecomer::test {

inline void Openssl(const std::string& arguments) {
  BOOST_REQUIRE(std::system(("openssl " + arguments + " >/dev/null 2>&1").c_str()) == 0);
}

// An authority, and certificates that it has signed.
class Authority {
 public:
  Authority() {
    Openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=Test-CA" +
        std::string(" -keyout ") + (dir_ / "ca.key") + " -out " + ca_file());
  }
  std::string ca_file() const { return dir_ / "ca.pem"; }
  std::string CertFile(const std::string& name) const { return dir_ / (name + ".pem"); }
  std::string KeyFile(const std::string& name) const { return dir_ / (name + ".key"); }

  // For `alternatives` ("DNS:localhost,IP:127.0.0.1"), valid for so many days from now.
  void Sign(const std::string& name, const std::string& alternatives, int days) const {
    const std::string request = dir_ / (name + ".csr");
    Openssl("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout " +
            KeyFile(name) + " -out " + request + " -addext subjectAltName=" + alternatives);
    Openssl("x509 -req -in " + request + " -CA " + ca_file() + " -CAkey " + (dir_ / "ca.key") +
            " -CAcreateserial -copy_extensions copy -days " + std::to_string(days) + " -out " +
            CertFile(name));
  }

 private:
  const TempDir dir_;
};

class TlsServer {
 public:
  TlsServer(const Authority& authority, const std::string& name, const std::string& protocol) {
    int to_child[2];
    int from_child[2];
    BOOST_REQUIRE(pipe2(to_child, O_CLOEXEC) == 0 && pipe2(from_child, O_CLOEXEC) == 0);
    input_ = UniqueFd(to_child[1]);
    const UniqueFd child_input(to_child[0]);
    const UniqueFd child_output(from_child[1]);
    const UniqueFd output(from_child[0]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, child_input.get(), 0);
    posix_spawn_file_actions_adddup2(&actions, child_output.get(), 1);
    const std::string script = SourceDir() / "tests/ingest/http_tls_server.py";
    const std::string cert = authority.CertFile(name);
    const std::string key = authority.KeyFile(name);
    const char* arguments[] = {"python3",        "-B",   script.c_str(), cert.c_str(), key.c_str(),
                               protocol.c_str(), nullptr};
    BOOST_REQUIRE(posix_spawnp(&pid_, "python3", &actions, nullptr, const_cast<char**>(arguments),
                               environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    std::string line;
    char c = 0;
    while (::read(output.get(), &c, 1) == 1 && c != '\n') line += c;
    port_ = std::atoi(line.c_str());
    BOOST_REQUIRE(port_ > 0);
  }
  ~TlsServer() {
    input_ = UniqueFd();  // it ends when its input does
    for (int i = 0; i < 200; ++i) {
      if (waitpid(pid_, nullptr, WNOHANG) == pid_) return;
      usleep(10'000);
    }
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string Url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(port_) + "/";
  }

 private:
  UniqueFd input_;
  pid_t pid_ = -1;
  int port_ = 0;
};

inline HttpClientSettings Trusting(const Authority& authority) {
  HttpClientSettings settings = LoopbackSettings();
  settings.ca_file = authority.ca_file();
  return settings;
}

}  // namespace latecomer::test
