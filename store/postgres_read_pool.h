// Read connections to PostgreSQL: at most so many, each used by one thread at a time and kept for
// the next one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "store/postgres_conn.h"

namespace latecomer {

class PostgresReadPool {
 public:
  class Lease {
   public:
    Lease(PostgresReadPool& pool, std::unique_ptr<PgConn> db, bool is_used)
        : pool_(&pool), db_(std::move(db)), is_used_(is_used) {}
    ~Lease() {
      if (pool_ != nullptr) pool_->Return(std::move(db_));
    }
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)),
          db_(std::move(other.db_)),
          is_used_(other.is_used_) {}
    Lease& operator=(Lease&&) = delete;
    PgConn& db() { return *db_; }
    // Whether it was idle for a while, so that its server may be gone.
    bool is_used() const { return is_used_; }

   private:
    PostgresReadPool* pool_;
    std::unique_ptr<PgConn> db_;
    bool is_used_;
  };

  PostgresReadPool(PgTarget target, std::string application_name, std::size_t connections)
      : target_(std::move(target)),
        application_name_(std::move(application_name)),
        free_(connections == 0 ? 1 : connections) {}

  // Connects where none is idle. Throws StoreError: kRetryLater where all are in use for long.
  Lease Take();
  // Closes what is idle: its server is gone.
  void DropIdle();

 private:
  void Return(std::unique_ptr<PgConn> db);
  std::unique_ptr<PgConn> Connect();

  const PgTarget target_;
  const std::string application_name_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::size_t free_;  // how many more may be taken
  std::vector<std::unique_ptr<PgConn>> idle_;
  bool was_connected_ = false;
};

}  // namespace latecomer
