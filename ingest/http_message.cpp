#include "ingest/http_message.h"

#include <algorithm>

namespace latecomer {

const std::string& HttpHeaders::Get(std::string_view name) const {
  static const std::string kNone;
  const auto found = std::find_if(list_.begin(), list_.end(),
                                  [&](const HttpHeader& header) { return header.name == name; });
  return found == list_.end() ? kNone : found->value;
}

bool HttpHeaders::Has(std::string_view name) const {
  return std::any_of(list_.begin(), list_.end(),
                     [&](const HttpHeader& header) { return header.name == name; });
}

std::string HttpHeaders::Joined(std::string_view name) const {
  std::string joined;
  for (const HttpHeader& header : list_) {
    if (header.name != name) continue;
    if (!joined.empty()) joined += ", ";
    joined += header.value;
  }
  return joined;
}

std::string HttpResponse::ContentType() const {
  const std::string& header = headers.Get("content-type");
  std::string type = header.substr(0, header.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
  for (char& c : type) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return type;
}

}  // namespace latecomer
