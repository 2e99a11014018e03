// What a failure of PostgreSQL means to Latecomer, by its SQLSTATE
// (https://www.postgresql.org/docs/15/errcodes-appendix.html). Messages hold no rows and no
// secrets.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace latecomer {

// A statement failed. `store`: the name of the database, for the message.
Error SqlError(const std::string& store, std::string_view state, std::string_view message);
// Whether the connection is to be made anew after this state: it ends, or its server is no longer
// the one that is wanted, or what it has prepared no longer fits the tables.
bool LeavesNoConnection(std::string_view state);
// Connecting failed. `message`: libpq's, in its verbose form. Wrong credentials and a missing
// database are kFatal where `auth_errors_last`.
Error ConnectError(const std::string& store, std::string_view message, bool needs_password,
                   bool auth_errors_last);
// The connection was lost, or is given up.
Error LostError(const std::string& store, std::string_view why);

}  // namespace latecomer
