// Files that are part of the executable: the page and the API's description.
#pragma once

#include <optional>
#include <string_view>

#include "replay/api_message.h"

namespace latecomer {

struct Asset {
  std::string_view path;  // "/index.html"
  std::string_view content_type;
  std::string_view etag;  // in quotes
  std::string_view bytes;
  std::string_view gzip;   // the same, compressed; empty where that is no smaller
  bool immutable = false;  // its name holds a hash of its content
};

// replay/openapi.json.
std::string_view OpenApiDocument();

// The built page's file at a path; null where there is none, or the page is not built in.
const Asset* FindAsset(std::string_view path);
bool HasPage();

// Answers what is no API: the page and its files, `/t/TAG` as a short link into it, plain text
// where the page is not built in, else 404.
ApiResponse HandlePage(const ApiRequest& request);

}  // namespace latecomer
