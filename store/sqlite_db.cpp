#include "store/sqlite_db.h"

#include <cerrno>
#include <cstring>

namespace latecomer {
namespace {

bool IsFull(int code, int system_errno) {
  if ((code & 0xff) == SQLITE_FULL) return true;
  // SQLite tells a quota and a limit only by errno, and forgets that while it rolls back.
  return code == SQLITE_IOERR_WRITE && (system_errno == ENOSPC || system_errno == EDQUOT ||
                                        system_errno == EFBIG || system_errno == 0);
}

Error ErrorOf(const std::string& path, int code, int system_errno, const char* detail) {
  const std::string file = "The timeline store " + path;
  const std::string why =
      std::string(" (SQLite: ") + detail + ", code " + std::to_string(code) + ").";
  if (IsFull(code, system_errno)) {
    return Fatal(file + " cannot grow: the disk, a quota or a file size limit is full. Make room" +
                 why);
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return RetryLater(file + " is busy: another process holds it" + why);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Corrupt(file +
                     " is damaged. Stop Latecomer, move the file and its -wal and -shm away, and "
                     "start again: it is built anew from the timelines in the stream" +
                     why);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Fatal(file +
                   " cannot be opened or written. Its folder must exist, and folder and file must "
                   "be writable for the user that runs Latecomer" +
                   why);
    case SQLITE_IOERR:
      return Fatal(file + " cannot be read or written: " + std::strerror(system_errno) +
                   ". Check the disk" + why);
    default:
      return Fatal(file + " failed" + why);
  }
}

[[noreturn]] void Throw(const std::string& path, sqlite3* db, int code) {
  throw SqliteError(ErrorOf(path, code, db == nullptr ? 0 : sqlite3_system_errno(db),
                            db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db)));
}

}  // namespace

SqliteStatement::SqliteStatement(sqlite3* db, std::string path, std::string_view sql)
    : path_(std::move(path)) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  statement_.reset(raw);
  if (code != SQLITE_OK) Throw(path_, db, code);
}

bool SqliteStatement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3* db = sqlite3_db_handle(statement_.get());
  const Error error = ErrorOf(path_, code, sqlite3_system_errno(db), sqlite3_errmsg(db));
  Reset();
  throw SqliteError(error);
}

std::string_view SqliteStatement::View(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void SqliteStatement::BindOne(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_.get(), index, value);
  if (code != SQLITE_OK) Throw(path_, sqlite3_db_handle(statement_.get()), code);
}

void SqliteStatement::BindOne(int index, std::string_view value) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* data = value.data() == nullptr ? "" : value.data();
  const int code =
      sqlite3_bind_text64(statement_.get(), index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) Throw(path_, sqlite3_db_handle(statement_.get()), code);
}

void SqliteStatement::BindOne(int index, std::nullptr_t) {
  const int code = sqlite3_bind_null(statement_.get(), index);
  if (code != SQLITE_OK) Throw(path_, sqlite3_db_handle(statement_.get()), code);
}

SqliteDb::SqliteDb(const std::string& path, SqliteOpen mode, std::chrono::milliseconds busy_timeout)
    : path_(path) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (mode == SqliteOpen::kCreate ? SQLITE_OPEN_CREATE : 0);
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  db_.reset(raw);
  if (code != SQLITE_OK) Throw(path_, raw, code);
  sqlite3_busy_timeout(raw, static_cast<int>(busy_timeout.count()));
}

void SqliteDb::Exec(const char* sql) {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) Throw(path_, db_.get(), code);
}

SqliteStatement& SqliteDb::Statement(const char* sql) {
  std::unique_ptr<SqliteStatement>& statement = statements_[sql];
  if (!statement) statement = std::make_unique<SqliteStatement>(db_.get(), path_, sql);
  return *statement;
}

std::int64_t SqliteDb::QueryInt(const char* sql) {
  SqliteStatement statement(db_.get(), path_, sql);
  return statement.Step() ? statement.Int(0) : 0;
}

std::string SqliteDb::QueryText(const char* sql) {
  SqliteStatement statement(db_.get(), path_, sql);
  return statement.Step() ? statement.Text(0) : std::string();
}

SqliteTransaction::SqliteTransaction(SqliteDb& db, Kind kind) : db_(db) {
  db_.Exec(kind == Kind::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
}

SqliteTransaction::~SqliteTransaction() {
  if (!db_.InTransaction()) return;
  try {
    db_.Exec("ROLLBACK");
  } catch (const SqliteError&) {  // SQLite rolls back by itself when the connection closes
  }
}

void SqliteTransaction::Commit() { db_.Exec("COMMIT"); }

}  // namespace latecomer
