#include "store/postgres_errors.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace latecomer {
namespace {

bool OneOf(std::string_view state, std::initializer_list<std::string_view> states) {
  return std::find(states.begin(), states.end(), state) != states.end();
}

// The first line, without what libpq puts before it and after it.
std::string FirstLine(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.remove_suffix(1);
  return std::string(text);
}

std::string Quoted(std::string_view message, std::string_view state) {
  std::string out = " (PostgreSQL: " + FirstLine(message);
  if (!state.empty()) out += ", SQLSTATE " + std::string(state);
  return out + ").";
}

// The SQLSTATE in a verbose message: "FATAL:  28P01: password authentication failed …".
std::optional<std::string> StateIn(std::string_view message) {
  constexpr std::size_t kStateBytes = 5;
  for (std::size_t at = message.find(":  "); at != std::string_view::npos;
       at = message.find(":  ", at + 1)) {
    const std::string_view state = message.substr(at + 3, kStateBytes);
    const bool is_state =
        state.size() == kStateBytes && message.substr(at + 3 + kStateBytes, 2) == ": " &&
        std::all_of(state.begin(), state.end(),
                    [](unsigned char c) { return std::isdigit(c) != 0 || std::isupper(c) != 0; });
    if (is_state) return std::string(state);
  }
  return std::nullopt;
}

}  // namespace

bool LeavesNoConnection(std::string_view state) {
  const std::string_view group = state.substr(0, 2);
  return group == "08" || group == "26" || group == "57" ||
         OneOf(state, {"0A000", "25006", "25P03", "25P04", "3F000", "42P01", "42703", "42883"});
}

Error SqlError(const std::string& store, std::string_view state, std::string_view message) {
  const std::string_view group = state.substr(0, 2);
  const std::string name = "The timeline store in " + store;
  const std::string why = Quoted(message, state);
  if (state == "53100") {
    return RetryLater(name +
                      " cannot grow: the server's disk is full. Make room: Latecomer goes "
                      "on by itself" +
                      why);
  }
  if (group == "53") return RetryLater(name + " has no room for this now" + why);
  if (state == "57014" || state == "25P03" || state == "25P04") {
    return RetryLater(name + " took too long" + why);
  }
  if (group == "08" || group == "57" || state == "25006") {
    return RetryLater(name + " is stopping, starting or a standby" + why);
  }
  if (OneOf(state, {"40001", "40P01", "55P03", "23505", "58030"})) {
    return RetryLater(name + " was busy with another process" + why);
  }
  if (LeavesNoConnection(state)) {
    return RetryLater(name + " has changed its tables meanwhile" + why);
  }
  if (OneOf(state, {"XX001", "XX002", "22021", "22P05"})) {
    return Corrupt(name +
                   " met damaged data. Restore it, or drop its schema and start the sink: "
                   "it is built anew from the timelines in the stream" +
                   why);
  }
  if (state == "42501") {
    return Fatal(name +
                 " lacks a permission: the user must own the schema `latecomer` or be "
                 "allowed to make it" +
                 why);
  }
  return Fatal(name + " failed" + why);
}

Error ConnectError(const std::string& store, std::string_view message, bool needs_password,
                   bool auth_errors_last) {
  const std::string state = StateIn(message).value_or("");
  const std::string why = Quoted(message, "");
  const bool is_auth = needs_password || state.substr(0, 2) == "28";
  if (is_auth && auth_errors_last) {
    return Fatal("The timeline store in " + store +
                 " does not let Latecomer in: check the user, "
                 "the password file (passfile=FILE in the url, or PGPASSFILE) and the server's "
                 "pg_hba.conf" +
                 why);
  }
  if (auth_errors_last && (state == "3D000" || state == "42501")) {
    return Fatal("The timeline store in " + store + " has no database for Latecomer: make it (" +
                 "createdb), and let the user connect to it and make a schema there" + why);
  }
  return RetryLater("The timeline store in " + store + " cannot be reached" + why);
}

Error LostError(const std::string& store, std::string_view why) {
  return RetryLater("The connection to the timeline store in " + store + " was lost" +
                    Quoted(why, ""));
}

}  // namespace latecomer
