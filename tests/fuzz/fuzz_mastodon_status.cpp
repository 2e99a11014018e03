// Whatever an instance answers: it is read within bounds, or refused, and what is read can be
// written and read again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ingest/mastodon_status_list.h"
#include "ingest/post_check.h"
#include "model/post_json.h"

namespace {

using namespace latecomer;

constexpr TimeMs kNow = 1'700'000'000'000;

void Require(bool holds) {
  if (!holds) std::abort();
}

void Check(MastodonStatus& status) {
  Require(IsMastodonId(status.id));
  if (!status.is_public) {
    Require(status.note().content.empty());
    return;
  }
  if (status.reposted) Check(*status.reposted);
  Require(!status.note().id.empty() && status.note().published.has_value());
  (void)MastodonDigest(status.note());
  if (TidyAndCheckPost(status.note())) return;
  std::string json;
  AppendPost(json, status.note());
  PostReader reader;
  Require(static_cast<bool>(reader.Read(json)));
}

void Check(MastodonList& list) {
  Require(list.statuses.size() + list.faults.size() <= list.items);
  for (MastodonStatus& status : list.statuses) Check(status);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  MastodonReader reader("s.example");
  std::string body = text;
  if (auto list = reader.ReadList(body, kNow)) Check(*list);
  body = text;
  if (auto context = reader.ReadContext(body, kNow)) {
    Check(context->ancestors);
    Check(context->descendants);
  }
  body = text;
  if (auto status = reader.Read(body, kNow)) Check(*status);
  body = text;
  (void)reader.ReadInstance(body);
  (void)reader.IsApiError(text);
  (void)ReadAsyncRefresh(text);
  return 0;
}
