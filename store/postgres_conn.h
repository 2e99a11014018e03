// RAII owners of libpq's C handles, with SQLSTATEs turned into the project's errors. libpq appears
// in postgres_conn.* only.
//
// Everything throws StoreError. No call waits for ever: where nothing arrives from the server for
// `silence_max`, the connection is given up (kRetryLater). What a failure means:
//   kRetryLater  the server is away, starting, stopping or a standby; a full disk; a lock or a
//                statement that took too long; a deadlock
//   kFatal       a wrong password, database or permission when connecting for the first time
//   kCorrupt     the server says that its data is damaged, or text that is no UTF-8
//
// Threads: a PgConn by one thread at a time.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/postgres_values.h"
#include "store/store_error.h"

struct pg_conn;
struct pg_result;

namespace latecomer {

// Where the database is, from a libpq URL or `key=value` text. Several hosts may be named.
class PgTarget {
 public:
  // kFatal for what is no such text, or holds a password: secrets are files.
  static Result<PgTarget> Parse(const std::string& url);
  const std::string& url() const { return url_; }
  const std::string& name() const { return name_; }  // for messages: hosts and database
  bool may_be_many() const { return may_be_many_; }  // hosts

 private:
  std::string url_;
  std::string name_;
  bool may_be_many_ = false;
};

// The rows of a query, all of them or (PgConn::Stream) one after the other.
class PgRows {
 public:
  explicit PgRows(pg_result* result) : result_(result) {}

  bool none() const { return result_ == nullptr; }
  int size() const;
  bool IsNull(int row, int column) const;
  std::int64_t Int(int row, int column) const;  // of an integer or a boolean column
  std::optional<std::int64_t> OptionalInt(int row, int column) const;
  bool Bool(int row, int column) const { return Int(row, column) != 0; }
  std::string_view View(int row, int column) const;  // lives as long as the rows
  std::string Text(int row, int column) const { return std::string(View(row, column)); }
  std::int64_t affected() const;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

struct PgConnectSettings {
  std::string application_name;
  std::string session_sql;                        // run once connected
  std::string session_attributes = "read-write";  // target_session_attrs, where the url has none
  std::chrono::milliseconds silence_max{0};
  bool auth_errors_last = true;  // kFatal for them; else kRetryLater
};

class PgConn {
 public:
  // Connects; at most kConnectSeconds a host.
  PgConn(const PgTarget& target, const PgConnectSettings& settings);
  ~PgConn();
  PgConn(const PgConn&) = delete;
  PgConn& operator=(const PgConn&) = delete;

  // Runs statements without parameters, several parted by `;`.
  void Exec(const std::string& sql);
  // Runs one statement, prepared on first use. `sql` must be a literal: it is known by its address.
  template <typename... Args>
  PgRows Query(const char* sql, const Args&... args) {
    PgParams params;
    (params.Add(args), ...);
    return Run(sql, params);
  }
  // The same, a row at a time, so that memory holds one: `visit(rows)`, whose row is 0, returns
  // false to stop. After a stop what the server still sends is read and dropped.
  template <typename F, typename... Args>
  void Stream(const char* sql, F visit, const Args&... args) {
    PgParams params;
    (params.Add(args), ...);
    SendPrepared(sql, params);
    SetSingleRow();
    bool more = true;
    while (std::optional<PgRows> rows = NextResult()) {
      if (more && rows->size() > 0) more = visit(*rows);
    }
  }
  // Sends rows to `COPY … FROM STDIN (FORMAT binary)`; the caller ends it. Once begun and not ended
  // the connection is of no use any more.
  void BeginCopy(const char* sql);
  void PutCopy(std::string_view bytes);
  std::int64_t EndCopy();  // the number of rows

  // Whether the connection is lost or in no known state: make another one.
  bool broken() const { return broken_; }
  void GiveUp() { broken_ = true; }
  void set_silence_max(std::chrono::milliseconds most) { silence_max_ = most; }
  const std::string& name() const { return name_; }
  // A setting that the server reports by itself ("server_encoding"), or its version as a number.
  std::string ServerSetting(const char* name) const;
  int server_version() const;

 private:
  void Connect(const PgTarget& target, const PgConnectSettings& settings);
  PgRows Run(const char* sql, const PgParams& params);
  void Prepare(const char* sql, const PgParams& params);
  void SendPrepared(const char* sql, const PgParams& params);
  void SetSingleRow();
  std::optional<PgRows> NextResult();  // nothing: the statement is through
  void Drain();
  void Flush();
  void Wait(bool write_too);
  [[noreturn]] void ThrowLost();
  [[noreturn]] void ThrowSqlError(const pg_result* result);

  struct Finish {
    void operator()(pg_conn* conn) const;
  };
  std::string name_;
  std::unique_ptr<pg_conn, Finish> conn_;
  std::chrono::milliseconds silence_max_{0};
  bool broken_ = false;
  std::unordered_map<const char*, std::string> prepared_;
};

// Rolls back unless committed.
class PgTransaction {
 public:
  PgTransaction(PgConn& db, const char* begin) : db_(db) { db_.Exec(begin); }
  ~PgTransaction();
  PgTransaction(const PgTransaction&) = delete;
  PgTransaction& operator=(const PgTransaction&) = delete;
  void Commit();

 private:
  PgConn& db_;
  bool open_ = true;
};

// Rows for a COPY, sent as they come.
class PgCopy {
 public:
  PgCopy(PgConn& db, const char* sql) : db_(db) {
    db_.BeginCopy(sql);
    row_.AppendHeader();
  }
  PgRowWriter& Row(int columns) {
    if (row_.bytes().size() > kSendBytes) Send();
    row_.BeginRow(columns);
    return row_;
  }
  std::int64_t End() {
    row_.AppendTrailer();
    Send();
    return db_.EndCopy();
  }

 private:
  static constexpr std::size_t kSendBytes = 64U << 10U;
  void Send() {
    db_.PutCopy(row_.bytes());
    row_.Clear();
  }
  PgConn& db_;
  PgRowWriter row_;
};

}  // namespace latecomer
