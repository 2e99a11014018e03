#include "ingest/x_api_rules_json.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace latecomer {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void Write(Writer& writer, const std::string& text) {
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

}  // namespace

std::string XAddRulesBody(const std::vector<XRule>& rules) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  writer.Key("add");
  writer.StartArray();
  for (const XRule& rule : rules) {
    writer.StartObject();
    writer.Key("value");
    Write(writer, rule.value);
    writer.Key("tag");
    Write(writer, rule.tag);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return buffer.GetString();
}

std::string XDeleteRulesBody(const std::vector<XRule>& rules) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  writer.Key("delete");
  writer.StartObject();
  writer.Key("ids");
  writer.StartArray();
  for (const XRule& rule : rules) Write(writer, rule.id);
  writer.EndArray();
  writer.EndObject();
  writer.EndObject();
  return buffer.GetString();
}

}  // namespace latecomer
