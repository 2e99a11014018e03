#include "app/http_setup.h"

namespace latecomer {

Result<std::unique_ptr<HttpClient>> HttpClientFor(const Settings& settings) {
  HttpClientSettings http;
  http.contact =
      settings.ingest.contact.empty() ? settings.replay.base_url : settings.ingest.contact;
  if (http.contact.empty()) return std::unique_ptr<HttpClient>();
  http.allowed_private = settings.ingest.allowed_private;
  http.ca_file = settings.ingest.ca_file;
  http.proxy = settings.ingest.proxy;
  Result<std::unique_ptr<HttpClient>> client = MakeHttpClient(http);
  if (client) return client;
  Error error = client.error();
  error.message = "[ingest]: " + error.message;
  return error;
}

}  // namespace latecomer
