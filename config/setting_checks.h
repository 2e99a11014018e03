// Checks of texts in settings. Each gives what is wrong as the end of "`key` …", or nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace latecomer {

std::optional<std::string> CheckNotEmpty(std::string_view text);
// HOST:PORT, [IPv6]:PORT or the path of a Unix socket.
std::optional<std::string> CheckListen(std::string_view text);
// An absolute http or https address without query and fragment.
std::optional<std::string> CheckWebAddress(std::string_view text);
// The same, and ws and wss; a query may stand in it (feeds).
std::optional<std::string> CheckSourceAddress(std::string_view text);
// HOST:PORT, several by commas.
std::optional<std::string> CheckBrokers(std::string_view text);
// What Kafka allows in the name of a topic.
std::optional<std::string> CheckTopicPrefix(std::string_view text);
// A connection string of PostgreSQL without a password.
std::optional<std::string> CheckDatabase(std::string_view text);
// HOST:PORT or [IPv6]:PORT, or nothing.
std::optional<std::string> CheckAdmin(std::string_view text);
// A URL or an address of mail that may stand in a header, or nothing.
std::optional<std::string> CheckContact(std::string_view text);
// At most 100 bytes of what Kafka allows in names, or nothing: it is part of a transactional id.
std::optional<std::string> CheckInstance(std::string_view text);
// 1-100 bytes without white space and controls: it is a key of `cursors`.
std::optional<std::string> CheckSourceName(std::string_view text);

}  // namespace latecomer
