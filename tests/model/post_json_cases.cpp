#include "tests/model/post_json_cases.h"

#include <boost/test/unit_test.hpp>

#include "model/post_json.h"

namespace latecomer {

void CheckRejects(const std::vector<RejectCase>& cases) {
  PostReader reader;
  for (const RejectCase& c : cases) {
    BOOST_TEST_CONTEXT(c.json.substr(0, 300)) {
      const Status status = reader.Read(c.json);
      BOOST_CHECK(!status);
      if (status) continue;
      BOOST_TEST((status.error().code == ErrorCode::kInvalid));
      BOOST_TEST(status.error().message.find(c.says) != std::string::npos,
                 "\"" << status.error().message << "\" does not say \"" << c.says << "\"");
    }
  }
}

void CheckAccepts(const std::vector<std::string>& cases) {
  PostReader reader;
  for (const std::string& json : cases) {
    BOOST_TEST_CONTEXT(json.substr(0, 300)) {
      const Status status = reader.Read(json);
      BOOST_CHECK_MESSAGE(status, (status ? "" : status.error().message));
    }
  }
}

PostsValue ReadValue(std::string_view json) {
  PostReader reader;
  const Status status = reader.Read(json);
  BOOST_REQUIRE_MESSAGE(status, json << ": " << (status ? "" : status.error().message));
  return reader.value();
}

Post ReadPost(std::string_view json) { return std::get<Post>(ReadValue(json)); }

std::string Written(const PostsValue& value) {
  std::string out;
  AppendPostsValue(out, value);
  return out;
}

std::string Normal(std::string_view json) { return Written(ReadValue(json)); }

}  // namespace latecomer
