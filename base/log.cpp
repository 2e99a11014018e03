#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

namespace latecomer {

void SetUpLog(const std::string& level, bool json) {
  auto logger = spdlog::stderr_color_mt("latecomer");
  logger->set_level(spdlog::level::from_str(level));
  if (json) {
    // The messages are ours and hold no quotes but through %v; spdlog has no JSON escaping, so what
    // comes from outside is quoted by the caller before it is logged.
    logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%v"})",
                        spdlog::pattern_time_type::utc);
  } else {
    logger->set_pattern("%H:%M:%S %^%l%$ %v");
  }
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace latecomer
