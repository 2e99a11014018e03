// Reading posts in tests: what is said of a reject, and how a value stands once it was read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/post.h"

namespace latecomer {

// The members that every Note needs, without braces.
inline const std::string kNote = R"("type":"Note","id":"n","published":"2013-06-25T18:14:45Z")";

// A Note with further members.
inline std::string With(const std::string& members) { return "{" + kNote + "," + members + "}"; }

struct RejectCase {
  std::string json;
  std::string says;  // part of the message
};
// Each is rejected (kInvalid) in these words.
void CheckRejects(const std::vector<RejectCase>& cases);
void CheckAccepts(const std::vector<std::string>& cases);

// Fails unless the value can be read.
PostsValue ReadValue(std::string_view json);
Post ReadPost(std::string_view json);
std::string Written(const PostsValue& value);
// Read and written again.
std::string Normal(std::string_view json);

}  // namespace latecomer
