// Databases for the tests of PostgreSQL: in the server that $LATECOMER_TEST_POSTGRES names, or in
// one of the test's own, which it may kill.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "store/postgres_conn.h"
#include "store/postgres_store.h"
#include "temp_dir.h"

namespace latecomer::test {

// The server's URL from the environment; fails the test where there is none.
std::string ServerUrl();
// The same URL with another database.
std::string WithDatabase(const std::string& url, const std::string& database);
// A plain connection, with the schema in its search path.
std::unique_ptr<PgConn> Connect(const std::string& url);

// An empty database, dropped with the object.
class TestDatabase {
 public:
  explicit TestDatabase(std::string server_url = ServerUrl());
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;
  const std::string& url() const { return url_; }
  // Whether these bytes stand in the database's files, as of now.
  bool FilesHold(const std::string& bytes);

 private:
  std::string server_url_;
  std::string name_;
  std::string url_;
};

// A server of the test's own in a folder, on a free port, ended with the object.
class TestServer {
 public:
  // `hba`: lines of pg_hba.conf, by default trust for all. `folder`: where its data goes, by
  // default a temporary folder.
  explicit TestServer(std::vector<std::string> options = {}, std::string hba = "",
                      std::string folder = "");
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  void Start();
  void Stop();  // fast: connections are ended with 57P01
  void Kill();  // kill -9; what it leaves behind is waited for
  void Pause();
  void Resume();
  std::string Url(const std::string& database = "postgres") const;
  int port() const { return port_; }
  // Gives a folder to the user that the server runs as.
  static void OwnFolder(const std::string& folder);

 private:
  std::vector<pid_t> Family() const;
  void Signal(int signal);

  TempDir dir_;
  std::string data_;
  std::vector<std::string> options_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace latecomer::test
