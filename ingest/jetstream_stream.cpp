#include "ingest/jetstream_stream.h"

#include "ingest/bluesky_uri.h"

namespace latecomer {
namespace {

using std::chrono::milliseconds;

constexpr char kV1Path[] = "/subscribe";
constexpr char kV2Path[] = "/xrpc/network.bsky.jetstream.subscribeEvents";
constexpr milliseconds kReadWait{500};
constexpr milliseconds kSilenceMax{60'000};
constexpr std::size_t kMessageBytesMax = 1U << 20U;
// The host leaves out what is larger, envelope included: one message that cannot be read would come
// again with each connection. No post is nearly as large.
constexpr char kHostBytesMax[] = "900000";

std::string UrlOf(const Url& base, bool v2, std::int64_t position_us) {
  std::string url = base.text;
  if (base.path == "/") {
    url.resize(url.size() - 1);
    url += v2 ? kV2Path : kV1Path;
  }
  std::vector<std::pair<std::string, std::string>> query;
  const std::string collection(kBlueskyPostCollection);
  if (v2) {
    query = {{"kinds", "commit"}, {"kinds", "account"}, {"collections", collection}};
  } else {
    query = {{"wantedCollections", collection}};
  }
  query.emplace_back("maxMessageSizeBytes", kHostBytesMax);
  if (position_us > 0) query.emplace_back("cursor", std::to_string(position_us));
  return WithQuery(std::move(url), query);
}

}  // namespace

JetstreamStream::JetstreamStream(SourceHttp& http, std::vector<Host> hosts)
    : http_(http), hosts_(std::move(hosts)) {
  for (Host& host : hosts_) {
    if (host.url.path.ends_with("subscribeEvents")) host.is_v2 = true;
    if (host.url.path.ends_with(kV1Path)) host.is_v2 = false;
  }
}

Status JetstreamStream::Connect(std::int64_t position_us, bool v2) {
  HttpRequest request;
  request.url = UrlOf(hosts_[which_].url, v2, position_us);
  request.attempts = 1;
  // Where this host has to be waited for, another may not have to.
  request.wait_max = hosts_.size() > 1 ? milliseconds(0) : milliseconds(60'000);
  if (v2) request.headers.push_back({"Sec-WebSocket-Protocol", "xrpc.v1.json"});
  WebSocketSettings settings;
  settings.silence_max = kSilenceMax;
  settings.message_bytes_max = kMessageBytesMax;
  auto socket = http_.OpenWebSocket(std::move(request), settings);
  if (!socket) return socket.error();
  socket_ = std::move(*socket);
  is_v2_ = v2;
  malformed_ = 0;
  return {};
}

Status JetstreamStream::Open(std::int64_t position_us) {
  Host& host = hosts_[which_];
  Status connected = Connect(position_us, host.is_v2.value_or(true));
  if (!connected && connected.error().code == ErrorCode::kNotFound && !host.is_v2) {
    connected = Connect(position_us, false);
  }
  if (connected) host.is_v2 = is_v2_;
  return connected;
}

bool JetstreamStream::Next() {
  socket_.reset();
  which_ = (which_ + 1) % hosts_.size();
  return which_ != 0;
}

std::int64_t JetstreamStream::overlap_us() const {
  return read_from_ == which_ ? kOverlapUs : kOverlapOfHostsUs;
}

Result<std::optional<JetstreamEvent>> JetstreamStream::Read(std::stop_token stop) {
  if (!socket_) return RetryLater("not connected");
  message_.clear();
  const Result<WebSocket::Got> got = socket_->Read(message_, kReadWait, std::move(stop));
  if (!got) return RetryLater(got.error().message);
  if (*got == WebSocket::Got::kNothing) return std::optional<JetstreamEvent>();
  if (*got == WebSocket::Got::kEnd) return RetryLater(host() + " has ended the stream");
  JetstreamEvent event;
  // Compressed messages were not asked for.
  if (*got == WebSocket::Got::kText && tree_.Parse(message_.data(), message_.size())) {
    event = ReadJetstreamEvent(tree_.root());
  }
  if (event.kind == JetstreamEvent::Kind::kError) {
    return RetryLater(host() + " has ended the stream (" + event.name + ")");
  }
  malformed_ = event.kind == JetstreamEvent::Kind::kMalformed ? malformed_ + 1 : 0;
  if (malformed_ > kMalformedMax) return RetryLater(host() + " sends nothing that can be read");
  read_from_ = which_;
  return std::optional(std::move(event));
}

}  // namespace latecomer
