// The one owner of SQLite's handles: a connection, its prepared statements, its transactions.
//
// Inside the embedded stream a failure of SQLite is a DbException; the public calls turn it into an
// Error with Guarded(). A Db is used by one thread at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/result.h"
#include "stream/embedded_stream.h"

struct sqlite3;
struct sqlite3_stmt;

namespace latecomer {

class DbException : public std::runtime_error {
 public:
  explicit DbException(Error error) : std::runtime_error(error.message), error_(std::move(error)) {}
  const Error& error() const { return error_; }

 private:
  Error error_;
};

// Tells the readers of one Stream object that one of its writers has committed.
class CommitSignal {
 public:
  void Raise();
  std::uint64_t Count();
  // Waits until the count is no longer `seen`, or for `wait`.
  void Wait(std::uint64_t seen, std::chrono::milliseconds wait);

 private:
  std::mutex mutex_;
  std::condition_variable raised_;
  std::uint64_t count_ = 0;
};

// What the connections of one Stream object share.
struct EmbeddedShared {
  EmbeddedStreamSettings settings;
  // Writers of one process queue here rather than in SQLite's busy handler, which sleeps.
  std::mutex write;
  CommitSignal signal;
};

// Bytes that are stored as a blob; they must outlive the statement's run.
struct Blob {
  std::string_view bytes;
};

// One run of a prepared statement; it is reset when this goes, so no read snapshot stays open.
class Query {
 public:
  Query(sqlite3* db, sqlite3_stmt* statement, const std::string* path);
  ~Query();
  Query(Query&& other) noexcept;
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  Query& operator=(Query&&) = delete;

  // Binds all parameters in order.
  template <typename... T>
  Query& Bind(const T&... values) {
    int i = 0;
    (BindOne(++i, values), ...);
    return *this;
  }
  bool Step();    // true: there is a row
  void Run();     // to the end, then ready to be bound again
  void Rewind();  // ready to be bound again
  std::int64_t Int(int column) const;
  bool Null(int column) const;
  std::string_view Bytes(int column) const;  // until the next Step
  std::string Text(int column) const { return std::string(Bytes(column)); }

 private:
  void BindOne(int i, std::int64_t value);
  void BindOne(int i, std::string_view text);  // copied
  void BindOne(int i, Blob blob);              // not copied
  void BindOne(int i, const std::optional<std::int64_t>& value);
  void BindOne(int i, std::nullopt_t);
  void Check(int code);

  sqlite3* db_;
  sqlite3_stmt* statement_;
  const std::string* path_;
};

class Db {
 public:
  // Opens a connection and sets it up; makes the file if it is not there. Throws DbException.
  explicit Db(const EmbeddedStreamSettings& settings);
  ~Db();
  Db(const Db&) = delete;
  Db& operator=(const Db&) = delete;

  // A prepared statement, kept for the next time. One Query of a text at a time.
  Query Sql(std::string_view text);
  void Exec(const char* text);                // statements without results, not kept
  std::int64_t Value(std::string_view text);  // the first column of the first row, not kept
  std::int64_t Changes() const;
  // A number that changes when another connection has committed.
  std::int64_t Version();
  // Moves the write-ahead log into the file and empties it, if no reader is in the way.
  void TruncateLog();
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  Statement Prepare(std::string_view text);
  static int OnBusy(void* self, int count);
  static int OnCommit(void* self, sqlite3* db, const char* name, int pages);

  std::string path_;
  std::chrono::milliseconds busy_timeout_;
  std::chrono::steady_clock::time_point busy_since_;
  std::unique_ptr<sqlite3, Close> db_;
  std::map<std::string, Statement, std::less<>> statements_;
};

// A write transaction (BEGIN IMMEDIATE), rolled back unless committed.
class WriteTransaction {
 public:
  WriteTransaction(Db& db, EmbeddedShared& shared);
  ~WriteTransaction();
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;

  void Commit();

 private:
  Db& db_;
  EmbeddedShared& shared_;
  std::unique_lock<std::mutex> turn_;
  bool open_ = true;
};

// One snapshot for several reads.
class ReadTransaction {
 public:
  explicit ReadTransaction(Db& db);
  ~ReadTransaction();
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  Db& db_;
};

// Runs `body` and turns a DbException into its Error.
template <typename Body>
auto Guarded(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const DbException& e) {
    return e.error();
  }
}

}  // namespace latecomer
