// Read connections to store.db, one a thread at a time, kept for the next one.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "store/sqlite_db.h"
#include "store/sqlite_schema.h"

namespace latecomer {

class SqliteReadPool {
 public:
  // A connection in a read transaction of its own: one snapshot until it goes.
  class Lease {
   public:
    Lease(SqliteReadPool& pool, std::unique_ptr<SqliteDb> db)
        : pool_(pool),
          db_(std::move(db)),
          transaction_(std::make_unique<SqliteTransaction>(*db_, SqliteTransaction::Kind::kRead)) {}
    ~Lease() {
      transaction_.reset();
      if (!db_->InTransaction()) pool_.Return(std::move(db_));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    SqliteDb& db() { return *db_; }

   private:
    SqliteReadPool& pool_;
    std::unique_ptr<SqliteDb> db_;
    std::unique_ptr<SqliteTransaction> transaction_;
  };

  // Throws SqliteError where the store cannot be read.
  explicit SqliteReadPool(SqliteStoreSettings settings) : settings_(std::move(settings)) {
    Return(Open());
  }
  Lease Take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<SqliteDb> db = std::move(idle_.back());
        idle_.pop_back();
        return {*this, std::move(db)};
      }
    }
    return {*this, Open()};
  }

 private:
  static constexpr std::size_t kIdleMax = 8;

  std::unique_ptr<SqliteDb> Open() const {
    return std::make_unique<SqliteDb>(OpenStoreForReading(settings_));
  }
  void Return(std::unique_ptr<SqliteDb> db) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleMax) idle_.push_back(std::move(db));
  }

  SqliteStoreSettings settings_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<SqliteDb>> idle_;
};

}  // namespace latecomer
