#include "app/reload.h"

namespace latecomer {
namespace {

class Keeper {
 public:
  template <typename Value>
  void operator()(const char* name, const Value& running, Value& fresh) {
    if (running == fresh) return;
    kept.emplace_back(name);
    fresh = running;
  }
  std::vector<std::string> kept;
};

}  // namespace

std::vector<std::string> KeepWhatCannotChange(const Settings& running, Settings& fresh) {
  Keeper keep;
  keep("data", running.data, fresh.data);
  keep("instance", running.instance, fresh.instance);
  keep("stream.kind", running.stream.kind, fresh.stream.kind);
  keep("stream.brokers", running.stream.brokers, fresh.stream.brokers);
  keep("stream.prefix", running.stream.prefix, fresh.stream.prefix);
  keep("stream.partitions", running.stream.partitions, fresh.stream.partitions);
  keep("stream.replication", running.stream.replication, fresh.stream.replication);
  keep("stream.min_insync_replicas", running.stream.min_insync_replicas,
       fresh.stream.min_insync_replicas);
  keep("stream.librdkafka", running.stream.librdkafka, fresh.stream.librdkafka);
  keep("store.kind", running.store.kind, fresh.store.kind);
  keep("store.url", running.store.url, fresh.store.url);
  keep("store.search_index", running.store.search_index, fresh.store.search_index);
  keep("replay.listen", running.replay.listen, fresh.replay.listen);
  keep("replay.admin", running.replay.admin, fresh.replay.admin);
  keep("ingest.admin", running.ingest.admin, fresh.ingest.admin);
  keep("ingest.contact", running.ingest.contact, fresh.ingest.contact);
  keep("ingest.allowed_private", running.ingest.allowed_private, fresh.ingest.allowed_private);
  keep("ingest.ca_file", running.ingest.ca_file, fresh.ingest.ca_file);
  keep("ingest.proxy", running.ingest.proxy, fresh.ingest.proxy);
  keep("processor", running.processor, fresh.processor);
  keep("sink", running.sink, fresh.sink);
  keep("log.format", running.log.format, fresh.log.format);
  return keep.kept;
}

}  // namespace latecomer
