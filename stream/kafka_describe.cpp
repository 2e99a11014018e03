// What a cluster and a group are, for a person who looks for what is wrong.
#include <set>

#include "stream/kafka_admin.h"
#include "stream/kafka_errors.h"
#include "stream/kafka_handles.h"

namespace latecomer {
namespace {

const int kAskMs = static_cast<int>(kKafkaCallMax.count());

struct GroupListDestroy {
  void operator()(const rd_kafka_group_list* list) const { rd_kafka_group_list_destroy(list); }
};

std::string Counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

Result<std::string> DescribeKafka(KafkaClient& client) {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto code = rd_kafka_metadata(client.admin(), 0, nullptr, &raw, kAskMs);
  const KafkaMetadata metadata(raw);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return FromKafka(code, "The brokers cannot be listed");
  const KafkaOwnedText cluster(rd_kafka_clusterid(client.admin(), kAskMs));
  std::string text = Counted(static_cast<std::size_t>(metadata->broker_cnt), "broker");
  if (cluster) text += std::string(" of cluster ") + cluster.get();
  return text + ", librdkafka " + rd_kafka_version_str();
}

Result<std::string> DescribeKafkaGroup(KafkaClient& client, std::string_view group) {
  const rd_kafka_group_list* raw = nullptr;
  const auto code =
      rd_kafka_list_groups(client.admin(), client.GroupId(group).c_str(), &raw, kAskMs);
  const std::unique_ptr<const rd_kafka_group_list, GroupListDestroy> list(raw);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return FromKafka(code, "The members of group " + std::string(group) + " cannot be listed");
  }
  if (list->group_cnt == 0) return std::string("no member");
  const rd_kafka_group_info& info = list->groups[0];
  std::set<std::string> hosts;
  for (int i = 0; i < info.member_cnt; ++i) hosts.insert(info.members[i].client_host);
  if (hosts.empty()) return std::string("no member");
  return Counted(static_cast<std::size_t>(info.member_cnt), "member") + " on " +
         Counted(hosts.size(), "host") + ", " + info.state;
}

}  // namespace latecomer
