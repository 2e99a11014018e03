#include "store/postgres_read_pool.h"

#include "store/postgres_schema.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTakeMax{5'000};
// Each statement is a page or less. The server ends one that takes longer; what it does not end
// (because it is stopped, or the network gone) is given up a little later.
constexpr milliseconds kSilence{10'000};
constexpr const char* kSession =
    "SET search_path=latecomer; SET statement_timeout=8000; SET jit=off; "
    "SET idle_in_transaction_session_timeout=300000; SET client_min_messages=warning; "
    "SET default_transaction_read_only=on; SET default_transaction_isolation='repeatable read'";

}  // namespace

PostgresReadPool::Lease PostgresReadPool::Take() {
  std::unique_ptr<PgConn> db;
  {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_for(lock, kTakeMax, [&] { return free_ > 0; })) {
      throw StoreError(RetryLater("All connections to the timeline store in " + target_.name() +
                                  " are in use."));
    }
    --free_;
    if (!idle_.empty()) {
      db = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  const bool is_used = db != nullptr;
  if (is_used) return {*this, std::move(db), is_used};
  try {
    return {*this, Connect(), is_used};
  } catch (...) {
    Return(nullptr);
    throw;
  }
}

std::unique_ptr<PgConn> PostgresReadPool::Connect() {
  PgConnectSettings settings;
  settings.application_name = application_name_;
  settings.session_sql = kSession;
  settings.session_attributes = "primary";
  settings.silence_max = kSilence;
  {
    const std::lock_guard lock(mutex_);
    settings.auth_errors_last = !was_connected_;
  }
  auto db = std::make_unique<PgConn>(target_, settings);
  CheckPostgresSchema(*db);
  const std::lock_guard lock(mutex_);
  was_connected_ = true;
  return db;
}

void PostgresReadPool::Return(std::unique_ptr<PgConn> db) {
  {
    const std::lock_guard lock(mutex_);
    ++free_;
    if (db && !db->broken()) idle_.push_back(std::move(db));
  }
  returned_.notify_one();
}

void PostgresReadPool::DropIdle() {
  std::vector<std::unique_ptr<PgConn>> gone;  // closed without the lock
  const std::lock_guard lock(mutex_);
  gone.swap(idle_);
}

}  // namespace latecomer
