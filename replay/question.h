// Whether a post asks something.
#pragma once

#include <string_view>

namespace latecomer {

// Whether plain text contains `?`, `？` or `؟` outside URLs. A mark that ends a URL is taken for
// punctuation, as twitter-text does.
bool AsksSomething(std::string_view text);

}  // namespace latecomer
