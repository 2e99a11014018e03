// What is sent to change the rules of X's filtered stream
// (https://docs.x.com/x-api/posts/filtered-stream): JSON.
#pragma once

#include <string>
#include <vector>

#include "ingest/x_api_answer.h"

namespace latecomer {

// {"add":[{"value":…,"tag":…},…]}
std::string XAddRulesBody(const std::vector<XRule>& rules);
// {"delete":{"ids":[…]}}
std::string XDeleteRulesBody(const std::vector<XRule>& rules);

}  // namespace latecomer
