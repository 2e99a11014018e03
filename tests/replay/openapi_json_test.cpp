#include <rapidjson/document.h>

#include <boost/test/unit_test.hpp>
#include <set>

#include "replay/api.h"
#include "replay/assets.h"
#include "sample_event.h"

namespace latecomer {
namespace {

using rapidjson::Value;

// The document, and answers held against its schemas: types, required members, and no member that
// is not described.
class Description {
 public:
  Description() {
    const std::string_view text = OpenApiDocument();
    document_.Parse(text.data(), text.size());
    BOOST_REQUIRE(!document_.HasParseError());
  }
  const Value& root() const { return document_; }

  void Check(const Value& value, const Value& schema, const std::string& where) {
    if (schema.HasMember("$ref")) {
      Check(value, Resolve(schema["$ref"].GetString()), where);
    } else if (schema.HasMember("oneOf")) {
      CheckOneOf(value, schema["oneOf"], where);
    } else if (schema.HasMember("type")) {
      BOOST_TEST(TypeFits(value, schema["type"]), where);
      if (value.IsObject() && schema.HasMember("properties")) CheckMembers(value, schema, where);
      if (value.IsArray()) CheckItems(value, schema, where);
    }
  }

 private:
  const Value& Resolve(const std::string& ref) {
    const std::string start = "#/components/schemas/";
    BOOST_REQUIRE(ref.starts_with(start));
    const Value& schemas = document_["components"]["schemas"];
    BOOST_REQUIRE(schemas.HasMember(ref.substr(start.size()).c_str()));
    return schemas[ref.substr(start.size()).c_str()];
  }

  static bool IsOfType(const Value& value, const std::string& type) {
    if (type == "null") return value.IsNull();
    if (type == "string") return value.IsString();
    if (type == "boolean") return value.IsBool();
    if (type == "integer") return value.IsInt64();
    if (type == "array") return value.IsArray();
    return type == "object" && value.IsObject();
  }
  static bool TypeFits(const Value& value, const Value& type) {
    if (type.IsString()) return IsOfType(value, type.GetString());
    for (const Value& one : type.GetArray()) {
      if (IsOfType(value, one.GetString())) return true;
    }
    return false;
  }

  // The forms are told apart by null and by `placeholder`.
  void CheckOneOf(const Value& value, const Value& forms, const std::string& where) {
    for (const Value& form : forms.GetArray()) {
      const bool null_form = form.HasMember("type");
      if (null_form != value.IsNull()) continue;
      if (!null_form) {
        const bool placeholder =
            Resolve(form["$ref"].GetString())["properties"].HasMember("placeholder");
        if (placeholder != value.HasMember("placeholder")) continue;
      }
      Check(value, form, where);
      return;
    }
    BOOST_ERROR(where + " is of none of the forms");
  }

  void CheckMembers(const Value& value, const Value& schema, const std::string& where) {
    for (const Value& name : schema["required"].GetArray()) {
      BOOST_TEST(value.HasMember(name), where << " has no " << name.GetString());
    }
    for (const auto& member : value.GetObject()) {
      const bool known = schema["properties"].HasMember(member.name);
      BOOST_TEST(known, where << " has " << member.name.GetString());
      if (known) {
        Check(member.value, schema["properties"][member.name],
              where + "." + member.name.GetString());
      }
    }
  }
  void CheckItems(const Value& value, const Value& schema, const std::string& where) {
    for (const Value& item : value.GetArray()) Check(item, schema["items"], where + "[]");
  }

  rapidjson::Document document_;
};

BOOST_AUTO_TEST_SUITE(openapi)

BOOST_AUTO_TEST_CASE(every_path_answers_as_it_is_described) {
  MemoryStore store;
  FillSample(store);
  Views views(store, {});
  Description description;
  const std::pair<const char*, const char*> targets[] = {
      {"/v1/hashtags", "/v1/hashtags"},
      {"/v1/hashtags/{tag}", "/v1/hashtags/tea"},
      {"/v1/hashtags/{tag}/sessions", "/v1/hashtags/tea/sessions"},
      {"/v1/hashtags/{tag}/sessions/{id}", "/v1/hashtags/tea/sessions/2020-05-01T10:00:00Z"},
      {"/v1/hashtags/{tag}/density", "/v1/hashtags/tea/density"},
      {"/v1/hashtags/{tag}/entries", "/v1/hashtags/tea/entries"},
      {"/v1/hashtags/{tag}/entries/{n}", "/v1/hashtags/tea/entries/3330963585107526719"},
      {"/v1/hashtags/{tag}/conversations", "/v1/hashtags/tea/conversations"},
      {"/v1/hashtags/{tag}/conversation", "/v1/hashtags/tea/conversation?id=https://s.example/x"},
      {"/v1/hashtags/{tag}/search", "/v1/hashtags/tea/search?q=a"},
      {"/v1/hashtags/{tag}/coverage", "/v1/hashtags/tea/coverage"},
      {"/v1/search", "/v1/search?q=a"},
      {"/v1/openapi.json", "/v1/openapi.json"}};
  std::set<std::string> described;
  for (const auto& path : description.root()["paths"].GetObject()) {
    described.insert(path.name.GetString());
  }
  described.erase("/v1/replay");  // no JSON: its own test
  for (const auto& [path, target] : targets) {
    BOOST_TEST(described.erase(path) == 1U, path);
    const Result<ApiRequest> request = ParseApiTarget(target);
    BOOST_REQUIRE(request);
    const ApiResponse response = HandleApi({store, views, ""}, *request);
    BOOST_TEST(response.status == 200, target);
    rapidjson::Document answer;
    answer.Parse(response.Body().data(), response.Body().size());
    BOOST_REQUIRE(!answer.HasParseError());
    const Value& schema = description.root()["paths"][path]["get"]["responses"]["200"]["content"]
                                            ["application/json"]["schema"];
    description.Check(answer, schema, target);
  }
  BOOST_TEST(described.empty());
}

BOOST_AUTO_TEST_CASE(errors_answer_as_they_are_described) {
  MemoryStore store;
  Views views(store, {});
  Description description;
  for (const char* target : {"/v1/nothing", "/v1/hashtags/a%20b", "/v1/hashtags/none"}) {
    const ApiResponse response = HandleApi({store, views, ""}, *ParseApiTarget(target));
    rapidjson::Document answer;
    answer.Parse(response.Body().data(), response.Body().size());
    BOOST_REQUIRE(!answer.HasParseError());
    description.Check(answer, description.root()["components"]["schemas"]["Error"], target);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace latecomer
