#include "stream/embedded_db.h"

#include <sqlite3.h>

#include <cstring>
#include <thread>

namespace latecomer {
namespace {

constexpr auto kBusyPause = std::chrono::milliseconds(1);
// The write-ahead log is moved into the file when it has this many pages. If writers of several
// processes leave no moment to begin it anew, they are made to wait at the second bound.
constexpr int kLogPages = 4'096;
constexpr int kLogPagesMax = 32'768;

std::string Reason(sqlite3* db, int code) {
  const char* text = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  const int system = db != nullptr ? sqlite3_system_errno(db) : 0;
  std::string reason = text;
  if (system != 0 && (code & 0xff) != SQLITE_CORRUPT) {
    reason += ", ";
    reason += std::strerror(system);
  }
  return reason + ", code " + std::to_string(code);
}

Error MakeError(sqlite3* db, int code, const std::string& path) {
  const std::string why = " (" + Reason(db, code) + ")";
  switch (code & 0xff) {
    case SQLITE_FULL:
      return Fatal("The disk of " + path + " is full" + why +
                   ": free some space and start again; nothing that was committed is lost.");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return RetryLater(path + " is in use by another writer" + why + ": try again.");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Fatal(path + " cannot be written" + why +
                   ": let this user write the file and its folder.");
    case SQLITE_CANTOPEN:
      return Fatal(path + " cannot be opened" + why +
                   ": make its folder, and let this user read and write in it.");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
      return Corrupt(path + " is damaged" + why +
                     ": stop all daemons, keep a copy of the file, and restore a backup, or save "
                     "what is left of it with: sqlite3 " +
                     path + " .recover");
    case SQLITE_IOERR:
      return Fatal("Reading or writing " + path + " failed" + why +
                   ": check the disk, its quota and the limits of this user; nothing that was "
                   "committed is lost.");
    default:
      return Fatal("An operation on " + path + " failed" + why + ".");
  }
}

[[noreturn]] void Throw(sqlite3* db, int code, const std::string& path) {
  throw DbException(MakeError(db, code, path));
}

}  // namespace

void CommitSignal::Raise() {
  {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  raised_.notify_all();
}

std::uint64_t CommitSignal::Count() {
  const std::lock_guard lock(mutex_);
  return count_;
}

void CommitSignal::Wait(std::uint64_t seen, std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  raised_.wait_for(lock, wait, [&] { return count_ != seen; });
}

Query::Query(sqlite3* db, sqlite3_stmt* statement, const std::string* path)
    : db_(db), statement_(statement), path_(path) {}

Query::Query(Query&& other) noexcept
    : db_(other.db_), statement_(other.statement_), path_(other.path_) {
  other.statement_ = nullptr;
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::Check(int code) {
  if (code != SQLITE_OK) Throw(db_, code, *path_);
}

bool Query::Step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Throw(db_, code, *path_);
}

void Query::Run() {
  while (Step()) {
  }
  Rewind();
}

void Query::Rewind() { sqlite3_reset(statement_); }

std::int64_t Query::Int(int column) const { return sqlite3_column_int64(statement_, column); }

bool Query::Null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string_view Query::Bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

void Query::BindOne(int i, std::int64_t value) { Check(sqlite3_bind_int64(statement_, i, value)); }

void Query::BindOne(int i, std::string_view text) {
  Check(
      sqlite3_bind_text64(statement_, i, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Query::BindOne(int i, Blob blob) {
  // A null pointer would be bound as NULL, which an empty blob is not.
  const char* data = blob.bytes.data() != nullptr ? blob.bytes.data() : "";
  Check(sqlite3_bind_blob64(statement_, i, data, blob.bytes.size(), SQLITE_STATIC));
}

void Query::BindOne(int i, const std::optional<std::int64_t>& value) {
  if (value) return BindOne(i, *value);
  BindOne(i, std::nullopt);
}

void Query::BindOne(int i, std::nullopt_t) { Check(sqlite3_bind_null(statement_, i)); }

void Db::Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

void Db::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Db::Db(const EmbeddedStreamSettings& settings)
    : path_(settings.path), busy_timeout_(settings.busy_timeout) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(
      path_.c_str(), &raw,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  db_.reset(raw);
  if (code != SQLITE_OK) Throw(raw, code, path_);
  sqlite3_busy_handler(raw, &Db::OnBusy, this);
  sqlite3_wal_hook(raw, &Db::OnCommit, nullptr);
}

Db::~Db() = default;

// Called after each commit. The commit has succeeded whatever becomes of this: the next one tries
// again.
int Db::OnCommit(void*, sqlite3* db, const char* name, int pages) {
  if (pages >= kLogPages) {
    const int mode = pages >= kLogPagesMax ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    sqlite3_wal_checkpoint_v2(db, name, mode, nullptr, nullptr);
  }
  return SQLITE_OK;
}

// SQLite's own busy handler sleeps up to 100 ms a time: too long beside transactions of a few ms.
int Db::OnBusy(void* self, int count) {
  Db& db = *static_cast<Db*>(self);
  const auto now = std::chrono::steady_clock::now();
  if (count == 0) db.busy_since_ = now;
  if (now - db.busy_since_ >= db.busy_timeout_) return 0;
  std::this_thread::sleep_for(kBusyPause);
  return 1;
}

Db::Statement Db::Prepare(std::string_view text) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), text.data(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  Statement statement(raw);
  if (code != SQLITE_OK) Throw(db_.get(), code, path_);
  return statement;
}

Query Db::Sql(std::string_view text) {
  auto found = statements_.find(text);
  if (found == statements_.end()) {
    found = statements_.emplace(std::string(text), Prepare(text)).first;
  }
  return Query(db_.get(), found->second.get(), &path_);
}

void Db::Exec(const char* text) {
  const int code = sqlite3_exec(db_.get(), text, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) Throw(db_.get(), code, path_);
}

std::int64_t Db::Value(std::string_view text) {
  const Statement statement = Prepare(text);
  Query query(db_.get(), statement.get(), &path_);
  return query.Step() ? query.Int(0) : 0;
}

std::int64_t Db::Changes() const { return sqlite3_changes64(db_.get()); }

std::int64_t Db::Version() {
  Query query = Sql("PRAGMA data_version");
  return query.Step() ? query.Int(0) : 0;
}

void Db::TruncateLog() {
  // A reader in the way is no failure: a later checkpoint does it.
  const auto patience = std::exchange(busy_timeout_, std::chrono::milliseconds(200));
  const int code =
      sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  busy_timeout_ = patience;
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) Throw(db_.get(), code, path_);
}

WriteTransaction::WriteTransaction(Db& db, EmbeddedShared& shared)
    : db_(db), shared_(shared), turn_(shared.write) {
  db_.Sql("BEGIN IMMEDIATE").Run();
}

WriteTransaction::~WriteTransaction() {
  if (!open_) return;
  try {
    db_.Sql("ROLLBACK").Run();
  } catch (const DbException&) {
    // SQLite has rolled back by itself already.
  }
}

void WriteTransaction::Commit() {
  db_.Sql("COMMIT").Run();
  open_ = false;
  turn_.unlock();
  shared_.signal.Raise();
}

ReadTransaction::ReadTransaction(Db& db) : db_(db) { db_.Sql("BEGIN").Run(); }

ReadTransaction::~ReadTransaction() {
  try {
    db_.Sql("COMMIT").Run();
  } catch (const DbException&) {
    // A failed read has ended the transaction.
  }
}

}  // namespace latecomer
