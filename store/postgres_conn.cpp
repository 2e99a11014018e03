#include "store/postgres_conn.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "store/postgres_errors.h"

namespace latecomer {
namespace {

using Clock = std::chrono::steady_clock;

// Of one host; libpq's shortest is 2.
constexpr int kConnectSeconds = 3;

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// What the url does not say. Both ends notice within some 10 s that the other one is gone.
struct Keywords {
  Keywords(const PgTarget& target, const PgConnectSettings& settings) {
    Add("connect_timeout", std::to_string(kConnectSeconds));
    Add("keepalives_idle", "5");
    Add("keepalives_interval", "2");
    Add("keepalives_count", "3");
    Add("tcp_user_timeout", "10000");
    Add("target_session_attrs", settings.session_attributes);
    Add("fallback_application_name", settings.application_name);
    Add("dbname", target.url());  // expanded: what it says holds against what stands before it
    Add("client_encoding", "UTF8");
    for (const auto& [name, value] : pairs) {
      names.push_back(name);
      values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
  }
  void Add(const char* name, std::string value) { pairs.emplace_back(name, std::move(value)); }

  std::vector<std::pair<const char*, std::string>> pairs;
  std::vector<const char*> names;
  std::vector<const char*> values;
};

// Whether the socket is ready before the deadline.
bool Ready(int socket, short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd one{socket, events, 0};
    const int ready = poll(&one, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// Drives a started connection to its end; false where the deadline came first.
bool DriveConnect(PGconn* conn, Clock::time_point deadline) {
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (PQsocket(conn) < 0 || !Ready(PQsocket(conn), events, deadline)) return false;
    state = PQconnectPoll(conn);
  }
  return true;
}

}  // namespace

Result<PgTarget> PgTarget::Parse(const std::string& url) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(url.c_str(), &problem));
  if (!options) {
    PQfreemem(problem);  // not told: it may quote a password
    return Fatal(
        "The url of the timeline store is no PostgreSQL connection URL, such as "
        "postgresql://user@host/database.");
  }
  PgTarget out;
  out.url_ = url;
  std::string host;
  std::string database;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || *option->val == '\0') continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "password" || keyword == "sslpassword") {
      return Fatal(
          "The url of the timeline store holds a password. Put it into a file that only "
          "the user of Latecomer can read, and name that by passfile=FILE in the url or "
          "by PGPASSFILE, or use a service file.");
    }
    if (keyword == "host" || (keyword == "hostaddr" && host.empty())) host = option->val;
    if (keyword == "service" && host.empty()) host = std::string("service ") + option->val;
    if (keyword == "dbname") database = option->val;
  }
  out.may_be_many_ = host.find(',') != std::string::npos || host.starts_with("service ");
  out.name_ = (host.empty() ? "PostgreSQL" : "PostgreSQL at " + host) +
              (database.empty() ? "" : "/" + database);
  return out;
}

void PgRows::Clear::operator()(pg_result* result) const { PQclear(result); }
int PgRows::size() const { return PQntuples(result_.get()); }
bool PgRows::IsNull(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

std::int64_t PgRows::Int(int row, int column) const {
  const std::string_view bytes = View(row, column);
  if (bytes.empty()) return 0;
  std::uint64_t value = (bytes.front() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (const char byte : bytes) value = (value << 8U) | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(value);
}

std::optional<std::int64_t> PgRows::OptionalInt(int row, int column) const {
  if (IsNull(row, column)) return std::nullopt;
  return Int(row, column);
}

std::string_view PgRows::View(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t PgRows::affected() const {
  const char* text = PQcmdTuples(result_.get());
  return *text == '\0' ? 0 : std::stoll(text);
}

void PgConn::Finish::operator()(pg_conn* conn) const { PQfinish(conn); }

PgConn::PgConn(const PgTarget& target, const PgConnectSettings& settings) : name_(target.name()) {
  Connect(target, settings);
  PQsetnonblocking(conn_.get(), 1);
  silence_max_ = settings.silence_max;
  if (!settings.session_sql.empty()) Exec(settings.session_sql);
}

PgConn::~PgConn() = default;

void PgConn::Connect(const PgTarget& target, const PgConnectSettings& settings) {
  const Keywords keywords(target, settings);
  conn_.reset(PQconnectStartParams(keywords.names.data(), keywords.values.data(), 1));
  if (!conn_) throw std::bad_alloc();
  // So that the message of a refusal has its SQLSTATE, which libpq tells nowhere else.
  PQsetErrorVerbosity(conn_.get(), PQERRORS_VERBOSE);
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(kConnectSeconds);
  bool answered = DriveConnect(conn_.get(), deadline);
  if (!answered && target.may_be_many()) {
    // A host is silent: only the blocking call goes on to the next one after a while.
    conn_.reset(PQconnectdbParams(keywords.names.data(), keywords.values.data(), 1));
    answered = true;
  }
  if (answered && PQstatus(conn_.get()) == CONNECTION_OK) {
    PQsetErrorVerbosity(conn_.get(), PQERRORS_DEFAULT);
    return;
  }
  const std::string message = answered ? PQerrorMessage(conn_.get()) : "it does not answer";
  const bool needs_password = PQconnectionNeedsPassword(conn_.get()) != 0;
  throw StoreError(ConnectError(name_, message, needs_password, settings.auth_errors_last));
}

std::string PgConn::ServerSetting(const char* name) const {
  const char* value = PQparameterStatus(conn_.get(), name);
  return value == nullptr ? "" : value;
}

int PgConn::server_version() const { return PQserverVersion(conn_.get()); }

void PgConn::ThrowLost() {
  broken_ = true;
  throw StoreError(LostError(name_, PQerrorMessage(conn_.get())));
}

void PgConn::ThrowSqlError(const pg_result* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state == nullptr) {
    if (PQstatus(conn_.get()) == CONNECTION_BAD) ThrowLost();
    broken_ = true;
    throw StoreError(LostError(name_, PQresultErrorMessage(result)));
  }
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  broken_ = broken_ || LeavesNoConnection(state) || PQstatus(conn_.get()) == CONNECTION_BAD;
  throw StoreError(SqlError(name_, state, message == nullptr ? "" : message));
}

// Waits until the server has sent something (or, too, can be sent something), and reads it.
void PgConn::Wait(bool write_too) {
  const int socket = PQsocket(conn_.get());
  const auto events = static_cast<short>(write_too ? POLLIN | POLLOUT : POLLIN);
  if (socket < 0) ThrowLost();
  if (!Ready(socket, events, Clock::now() + silence_max_)) {
    broken_ = true;
    throw StoreError(LostError(
        name_, "it has not answered for " + std::to_string(silence_max_.count() / 1000) + " s"));
  }
  // After a failure the server's last word is still to be read: PQgetResult gives it.
  PQconsumeInput(conn_.get());
}

void PgConn::Flush() {
  for (int left = PQflush(conn_.get()); left != 0; left = PQflush(conn_.get())) {
    if (left < 0) return;  // likewise
    Wait(true);
  }
}

std::optional<PgRows> PgConn::NextResult() {
  while (PQisBusy(conn_.get()) != 0) Wait(false);
  PGresult* raw = PQgetResult(conn_.get());
  if (raw == nullptr) return std::nullopt;
  PgRows rows(raw);
  switch (PQresultStatus(raw)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_EMPTY_QUERY:
    case PGRES_COPY_IN:
      return rows;
    default:
      Drain();
      ThrowSqlError(raw);
  }
}

// What comes after an error is nothing, or words of the same error.
void PgConn::Drain() {
  while (true) {
    while (PQisBusy(conn_.get()) != 0) Wait(false);
    const PgRows rows(PQgetResult(conn_.get()));
    if (rows.none()) return;
  }
}

void PgConn::Exec(const std::string& sql) {
  if (PQsendQuery(conn_.get(), sql.c_str()) == 0) ThrowLost();
  Flush();
  while (NextResult()) {
  }
}

void PgConn::Prepare(const char* sql, const PgParams& params) {
  std::string name = "s" + std::to_string(prepared_.size());
  if (PQsendPrepare(conn_.get(), name.c_str(), sql, params.size(), params.types()) == 0) {
    ThrowLost();
  }
  Flush();
  while (NextResult()) {
  }
  prepared_.emplace(sql, std::move(name));
}

void PgConn::SendPrepared(const char* sql, const PgParams& params) {
  if (!prepared_.contains(sql)) Prepare(sql, params);
  if (PQsendQueryPrepared(conn_.get(), prepared_.at(sql).c_str(), params.size(), params.values(),
                          params.lengths(), params.formats(), 1) == 0) {
    ThrowLost();
  }
  Flush();
}

PgRows PgConn::Run(const char* sql, const PgParams& params) {
  SendPrepared(sql, params);
  std::optional<PgRows> rows = NextResult();
  if (!rows) ThrowLost();
  Drain();
  return std::move(*rows);
}

void PgConn::SetSingleRow() { PQsetSingleRowMode(conn_.get()); }

void PgConn::BeginCopy(const char* sql) {
  if (PQsendQuery(conn_.get(), sql) == 0) ThrowLost();
  Flush();
  if (!NextResult()) ThrowLost();
}

void PgConn::PutCopy(std::string_view bytes) {
  if (PQputCopyData(conn_.get(), bytes.data(), static_cast<int>(bytes.size())) != 1) ThrowLost();
  Flush();
}

std::int64_t PgConn::EndCopy() {
  if (PQputCopyEnd(conn_.get(), nullptr) != 1) ThrowLost();
  Flush();
  const std::optional<PgRows> rows = NextResult();
  if (!rows) ThrowLost();
  Drain();
  return rows->affected();
}

PgTransaction::~PgTransaction() {
  if (!open_ || db_.broken()) return;
  try {
    db_.Exec("ROLLBACK");
  } catch (const StoreError&) {
    db_.GiveUp();  // in the middle of something: the server rolls back as it goes
  }
}

void PgTransaction::Commit() {
  open_ = false;
  db_.Exec("COMMIT");
}

}  // namespace latecomer
