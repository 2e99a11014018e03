#include "base/log.h"

#include <spdlog/sinks/ansicolor_sink.h>
#include <unistd.h>

#include <cstdlib>

#include "base/log_format.h"

namespace latecomer {
namespace {

// The process's own, as spdlog's default logger is.
std::shared_ptr<CollapsingSink>& TheSink() {
  static std::shared_ptr<CollapsingSink> sink;
  return sink;
}

std::string Resolved(const std::string& format) {
  if (format != "auto") return format;
  if (isatty(STDERR_FILENO) == 1) return "human";
  return IsJournal(std::getenv("JOURNAL_STREAM"), STDERR_FILENO) ? "journald" : "json";
}

}  // namespace

void SetUpLog(const LogOptions& options) {
  auto to = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
  const std::string format = Resolved(options.format);
  if (format == "json") {
    to->set_formatter(MakeJsonLogFormatter(options.daemon, options.instance));
  } else if (format == "journald") {
    to->set_formatter(MakeJournaldLogFormatter());
  } else {
    to->set_pattern("%H:%M:%S %^%l%$ %v");
  }
  TheSink() = std::make_shared<CollapsingSink>(std::move(to));
  auto logger = std::make_shared<spdlog::logger>("latecomer", TheSink());
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
  SetLogLevel(options.level);
}

void SetLogLevel(const std::string& level) {
  spdlog::default_logger()->set_level(spdlog::level::from_str(level));
}

std::uint64_t LoggedWarnings() { return TheSink() ? TheSink()->warnings() : 0; }
std::uint64_t LoggedErrors() { return TheSink() ? TheSink()->errors() : 0; }

}  // namespace latecomer
