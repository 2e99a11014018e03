// RAII owners of SQLite's C handles, with SQLite's codes turned into the project's errors.
//
// Statements are many and each can fail, so within this folder they throw SqliteError; it never
// leaves the folder: what implements an interface runs in CatchSqlite, which makes it a value.
//
// Threads: a SqliteDb and its statements by one thread at a time.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "store/store_error.h"

namespace latecomer {

using SqliteError = StoreError;

template <typename F>
auto CatchSqlite(F&& f) -> decltype(f()) {
  return CatchStoreError(std::forward<F>(f));
}

class SqliteStatement {
 public:
  SqliteStatement(sqlite3* db, std::string path, std::string_view sql);

  // Binds all parameters; text is not copied and must stay until the statement is reset.
  template <typename... Args>
  void Bind(const Args&... args) {
    int index = 0;
    (BindOne(++index, args), ...);
  }
  bool Step();  // whether there is a row
  void Reset() { sqlite3_reset(statement_.get()); }
  // Binds, runs to the end, resets.
  template <typename... Args>
  void Run(const Args&... args) {
    Bind(args...);
    while (Step()) {
    }
    Reset();
  }

  bool IsNull(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  std::int64_t Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  std::optional<std::int64_t> OptionalInt(int column) const {
    if (IsNull(column)) return std::nullopt;
    return Int(column);
  }
  // Valid until the next Step or Reset.
  std::string_view View(int column) const;
  std::string Text(int column) const { return std::string(View(column)); }

 private:
  void BindOne(int index, std::int64_t value);
  void BindOne(int index, int value) { BindOne(index, std::int64_t{value}); }
  void BindOne(int index, bool value) { BindOne(index, std::int64_t{value ? 1 : 0}); }
  void BindOne(int index, std::string_view value);
  void BindOne(int index, const std::string& value) { BindOne(index, std::string_view(value)); }
  void BindOne(int index, const char* value) { BindOne(index, std::string_view(value)); }
  void BindOne(int index, std::nullptr_t value);
  template <typename T>
  void BindOne(int index, const std::optional<T>& value) {
    if (value) {
      BindOne(index, *value);
    } else {
      BindOne(index, nullptr);
    }
  }

  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::string path_;
};

// The rows of one query; the statement is reset when they go.
class SqliteRows {
 public:
  template <typename... Args>
  explicit SqliteRows(SqliteStatement& statement, const Args&... args) : statement_(statement) {
    statement_.Reset();
    statement_.Bind(args...);
  }
  ~SqliteRows() { statement_.Reset(); }
  SqliteRows(const SqliteRows&) = delete;
  SqliteRows& operator=(const SqliteRows&) = delete;

  bool Next() { return statement_.Step(); }
  const SqliteStatement* operator->() const { return &statement_; }
  const SqliteStatement& operator*() const { return statement_; }

 private:
  SqliteStatement& statement_;
};

enum class SqliteOpen { kCreate, kExisting };

class SqliteDb {
 public:
  // Throws SqliteError.
  SqliteDb(const std::string& path, SqliteOpen mode, std::chrono::milliseconds busy_timeout);

  void Exec(const char* sql);
  // The prepared statement of `sql`, kept for the next time. `sql` must be a literal: it is known
  // by its address.
  SqliteStatement& Statement(const char* sql);
  // The single value of a query that gives one row.
  std::int64_t QueryInt(const char* sql);
  std::string QueryText(const char* sql);

  int Changes() const { return sqlite3_changes(db_.get()); }
  std::int64_t LastRowId() const { return sqlite3_last_insert_rowid(db_.get()); }
  bool InTransaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> db_;
  std::unordered_map<const char*, std::unique_ptr<SqliteStatement>> statements_;
};

// Rolls back unless committed. A writing one takes the write lock at once, so that it never has to
// upgrade: that could fail in the middle.
class SqliteTransaction {
 public:
  enum class Kind { kRead, kWrite };
  SqliteTransaction(SqliteDb& db, Kind kind);
  ~SqliteTransaction();
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;
  void Commit();

 private:
  SqliteDb& db_;
};

}  // namespace latecomer
