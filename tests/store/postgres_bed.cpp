#include "postgres_bed.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "store_contract.h"

namespace latecomer::test {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPause{20};
constexpr int kStartPauses = 3000;  // a minute

std::string ProgramFolder() {
  for (const char* folder : {"/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin",
                             "/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/18/bin"}) {
    if (std::filesystem::exists(std::string(folder) + "/postgres")) return folder;
  }
  BOOST_FAIL("no PostgreSQL server is installed");
  return {};
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  BOOST_REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  BOOST_REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(fd);
  return ntohs(address.sin_port);
}

// Starts a program, as nobody where this is root: PostgreSQL refuses that.
pid_t Spawn(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  const passwd* nobody = getuid() == 0 ? getpwnam("nobody") : nullptr;
  const pid_t child = fork();
  BOOST_REQUIRE(child >= 0);
  if (child != 0) return child;
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(out, 1);
  dup2(out, 2);
  if (nobody != nullptr) {
    if (setgroups(0, nullptr) != 0 || setgid(nobody->pw_gid) != 0 || setuid(nobody->pw_uid) != 0) {
      _exit(126);
    }
  }
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

std::string ServerUrl() {
  const char* url = std::getenv("LATECOMER_TEST_POSTGRES");
  BOOST_REQUIRE_MESSAGE(url != nullptr, "LATECOMER_TEST_POSTGRES names no server");
  return url;
}

std::string WithDatabase(const std::string& url, const std::string& database) {
  return url.substr(0, url.rfind('/') + 1) + database;
}

std::unique_ptr<PgConn> Connect(const std::string& url) {
  PgConnectSettings settings;
  settings.application_name = "latecomer test";
  settings.session_sql = "SET search_path=latecomer; SET client_min_messages=warning";
  settings.silence_max = std::chrono::minutes(2);
  return std::make_unique<PgConn>(Require(PgTarget::Parse(url)), settings);
}

TestDatabase::TestDatabase(std::string server_url) : server_url_(std::move(server_url)) {
  static std::atomic<int> count = 0;
  name_ = "test_" + std::to_string(getpid()) + "_" + std::to_string(count++);
  url_ = WithDatabase(server_url_, name_);
  Connect(server_url_)->Exec("CREATE DATABASE " + name_);
}

TestDatabase::~TestDatabase() {
  try {
    Connect(server_url_)->Exec("DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const StoreError& e) {
    BOOST_TEST_MESSAGE(e.what());  // it goes with its server
  }
}

bool TestDatabase::FilesHold(const std::string& bytes) {
  const auto db = Connect(url_);
  db->Exec("CHECKPOINT");
  const PgRows rows = db->Query(
      "SELECT current_setting('data_directory'), oid::text FROM pg_database "
      "WHERE datname=current_database()");
  const std::string folder = rows.Text(0, 0) + "/base/" + rows.Text(0, 1);
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(file.path(), std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(in), {}};
    if (all.find(bytes) != std::string::npos) return true;
  }
  return false;
}

TestServer::TestServer(std::vector<std::string> options, std::string hba, std::string folder)
    : data_(folder.empty() ? dir_ / "data" : folder + "/data"), options_(std::move(options)) {
  std::filesystem::permissions(dir_.path(), std::filesystem::perms(0755));
  std::filesystem::create_directory(data_);
  OwnFolder(data_);
  std::filesystem::permissions(data_, std::filesystem::perms(0700));
  const pid_t initdb = Spawn({ProgramFolder() + "/initdb", "-D", data_, "-A", "trust", "-U",
                              "latecomer", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"},
                             dir_ / "initdb.log");
  int status = 0;
  BOOST_REQUIRE(waitpid(initdb, &status, 0) == initdb && status == 0);
  if (!hba.empty()) std::ofstream(data_ + "/pg_hba.conf") << hba;
  port_ = FreePort();
  Start();
}

void TestServer::OwnFolder(const std::string& folder) {
  if (getuid() != 0) return;
  const passwd* nobody = getpwnam("nobody");
  BOOST_REQUIRE(nobody != nullptr && chown(folder.c_str(), nobody->pw_uid, nobody->pw_gid) == 0);
}

TestServer::~TestServer() {
  if (pid_ > 0) Kill();
}

void TestServer::Start() {
  std::vector<std::string> command = {ProgramFolder() + "/postgres",
                                      "-D",
                                      data_,
                                      "-p",
                                      std::to_string(port_),
                                      "-c",
                                      "listen_addresses=127.0.0.1",
                                      "-c",
                                      "unix_socket_directories=",
                                      "-c",
                                      "shared_buffers=16MB",
                                      "-c",
                                      "fsync=off"};
  for (const std::string& option : options_) {
    command.emplace_back("-c");
    command.push_back(option);
  }
  pid_ = Spawn(command, dir_ / "log");
  for (int i = 0; i < kStartPauses; ++i) {
    const pid_t ready = Spawn(
        {ProgramFolder() + "/pg_isready", "-q", "-h", "127.0.0.1", "-p", std::to_string(port_)},
        dir_ / "ready.log");
    int status = 0;
    waitpid(ready, &status, 0);
    if (status == 0) return;
    BOOST_REQUIRE_MESSAGE(waitpid(pid_, &status, WNOHANG) == 0, "the server has ended");
    std::this_thread::sleep_for(kPause);
  }
  BOOST_FAIL("the server does not get ready");
}

// The server and its children.
std::vector<pid_t> TestServer::Family() const {
  std::vector<pid_t> out = {pid_};
  std::ifstream children("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) +
                         "/children");
  for (pid_t child = 0; children >> child;) out.push_back(child);
  return out;
}

void TestServer::Signal(int signal) {
  for (const pid_t one : Family()) kill(one, signal);
}

void TestServer::Stop() {
  kill(pid_, SIGINT);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void TestServer::Kill() {
  const std::vector<pid_t> family = Family();
  for (const pid_t one : family) kill(one, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
  for (const pid_t one : family) {
    while (kill(one, 0) == 0) std::this_thread::sleep_for(kPause);
  }
}

void TestServer::Pause() { Signal(SIGSTOP); }
void TestServer::Resume() { Signal(SIGCONT); }

std::string TestServer::Url(const std::string& database) const {
  return "postgresql://latecomer@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

}  // namespace latecomer::test
