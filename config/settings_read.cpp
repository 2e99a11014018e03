// Settings from TOML: walks the document by the table of settings and gathers every mistake.
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <tuple>

#include "config/setting_table.h"
#include "config/setting_value.h"
#include "config/settings.h"
#include "model/utf8.h"

namespace latecomer {
namespace {

constexpr TimeMs kUnread = kTimeMsMin - 1;  // of an event's start or end
constexpr std::size_t kSecretBytesMax = 64U << 10U;

// librdkafka's settings that hold a secret; each may be given as NAME_file.
constexpr std::string_view kKafkaSecrets[] = {"sasl.password", "ssl.key.password",
                                              "ssl.keystore.password", "ssl.key.pem",
                                              "sasl.oauthbearer.client.secret"};

bool IsKafkaSecret(std::string_view name) {
  return std::find(std::begin(kKafkaSecrets), std::end(kKafkaSecrets), name) !=
         std::end(kKafkaSecrets);
}

struct Item {
  std::string_view key;
  const toml::node* node;
  toml::source_region key_place;
};

std::pair<std::uint32_t, std::uint32_t> PlaceOf(const toml::node& node) {
  return {static_cast<std::uint32_t>(node.source().begin.line),
          static_cast<std::uint32_t>(node.source().begin.column)};
}

// The members of a table in the order of the file (toml++ sorts them by name).
std::vector<Item> InOrder(const toml::table& table) {
  std::vector<Item> items;
  for (const auto& [key, node] : table) items.push_back({key.str(), &node, key.source()});
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return PlaceOf(*a.node) < PlaceOf(*b.node);
  });
  return items;
}

class SettingsReader {
 public:
  SettingsReader(const std::string& file_name, ReadSettingsOutcome& outcome)
      : file_name_(file_name),
        folder_(std::filesystem::path(file_name).parent_path()),
        outcome_(outcome),
        sink_([this](const toml::node& node, std::string message) {
          Mistake(node, std::move(message));
        }) {}

  void Read(const toml::table& document) {
    SettingTarget target;
    target.settings = &outcome_.settings;
    Section("", document, target);
    Replication(document);
  }

 private:
  void MistakeAt(const toml::source_region& place, std::string message) {
    outcome_.mistakes.push_back(
        {file_name_, place.begin.line, place.begin.column, std::move(message)});
  }
  void Mistake(const toml::node& node, std::string message) {
    MistakeAt(node.source(), std::move(message));
  }

  void Section(std::string_view section, const toml::table& table, const SettingTarget& target) {
    for (const Item& item : InOrder(table)) {
      if (const SettingRow* row = FindSetting(section, item.key)) {
        Setting(*row, *item.node, target);
      } else if (const SettingSection* inner = FindSettingSection(SettingName(section, item.key));
                 inner != nullptr && item.key.find('.') == item.key.npos) {
        InnerSection(*inner, *item.node, target);
      } else {
        MistakeAt(item.key_place, UnknownSetting(section, item.key));
      }
    }
    for (const SettingRow& row : SettingRows()) {
      if (row.section == section && row.required && !table.contains(row.key)) {
        Mistake(table, "`" + SettingName(section, row.key) + "` is missing");
      }
    }
  }

  void Replication(const toml::table& document) {
    const StreamSettings& stream = outcome_.settings.stream;
    const auto replication = document["stream"]["replication"];
    const auto in_sync = document["stream"]["min_insync_replicas"];
    if (stream.replication == 0 && replication) {
      Mistake(*replication.node(), "`stream.replication` must be -1, or at least 1");
    } else if (stream.replication > 0 && stream.min_insync_replicas > stream.replication &&
               in_sync) {
      Mistake(*in_sync.node(),
              "`stream.min_insync_replicas` must not be more than "
              "`stream.replication` (" +
                  std::to_string(stream.replication) + ")");
    }
  }

  void Setting(const SettingRow& row, const toml::node& node, const SettingTarget& target) {
    SettingValue value;
    const bool right = ReadSettingValue(row, node, folder_, sink_, value);
    if (row.section == "hashtag" && row.type == SettingType::kHashtag && right) {
      Once(hashtags_, value.text, node, "hashtag");
    }
    if (row.section == "hashtag" && row.type == SettingType::kHashtags) {
      for (const std::string& alias : value.texts) Once(hashtags_, alias, node, "hashtag");
    }
    if (row.section == "source" && row.key == "name" && right) {
      Once(sources_, value.text, node, "source");
    }
    if (right) row.store(target, std::move(value));
  }

  // Each name may stand once in the whole file.
  void Once(std::map<std::string, std::uint32_t>& seen, const std::string& name,
            const toml::node& node, const std::string& what) {
    const auto [found, is_new] = seen.emplace(name, PlaceOf(node).first);
    if (is_new) return;
    Mistake(node, "the " + what + " \"" + name + "\" is named twice, first in line " +
                      std::to_string(found->second));
  }

  void InnerSection(const SettingSection& section, const toml::node& node,
                    const SettingTarget& target) {
    const std::string name(section.name);
    if (section.repeated) {
      const toml::array* array = node.as_array();
      if (array == nullptr) {
        Mistake(node, "`" + name + "` may stand several times: write [[" + name + "]]");
        return;
      }
      for (const toml::node& item : *array) {
        if (const toml::table* table = item.as_table()) {
          Entry(section.name, *table, target);
        } else {
          Mistake(item, "`" + name + "` must be sections [[" + name + "]], not " +
                            std::string(NodeTypeName(item)));
        }
      }
      return;
    }
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      Mistake(node, "`" + name + "` must be a section [" + name + "], not " +
                        std::string(NodeTypeName(node)));
    } else if (section.open) {
      Librdkafka("", *table);
    } else {
      Section(section.name, *table, target);
    }
  }

  void Entry(std::string_view section, const toml::table& table, SettingTarget target) {
    if (section == "hashtag") {
      target.hashtag = &outcome_.settings.hashtags.emplace_back();
      events_.clear();
      Section(section, table, target);
      Overlaps(*target.hashtag);
    } else if (section == "hashtag.event") {
      EventWindow event;
      event.start = event.end = kUnread;
      target.event = &event;
      Section(section, table, target);
      Event(table, event, *target.hashtag);
    } else {
      target.source = &outcome_.settings.sources.emplace_back();
      Section(section, table, target);
      Source(table, *target.source);
    }
  }

  void Event(const toml::table& table, const EventWindow& event, HashtagSettings& hashtag) {
    if (event.start == kUnread || event.end == kUnread) return;
    if (event.start >= event.end) {
      Mistake(*table.get("end"), "`hashtag.event.end` must be after `hashtag.event.start`");
      return;
    }
    hashtag.events.push_back(event);
    events_.push_back({event, &table});
  }

  void Overlaps(HashtagSettings& hashtag) {
    const auto by_start = [](const auto& a, const auto& b) { return a.start < b.start; };
    std::stable_sort(hashtag.events.begin(), hashtag.events.end(), by_start);
    std::stable_sort(events_.begin(), events_.end(),
                     [&](const auto& a, const auto& b) { return by_start(a.first, b.first); });
    for (std::size_t i = 1; i < events_.size(); ++i) {
      // The one before that ends last.
      const auto before =
          std::max_element(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(i),
                           [](const auto& a, const auto& b) { return a.first.end < b.first.end; });
      if (events_[i].first.start >= before->first.end) continue;
      Mistake(*events_[i].second, "the event \"" + events_[i].first.title + "\" overlaps \"" +
                                      before->first.title + "\" of line " +
                                      std::to_string(PlaceOf(*before->second).first));
    }
  }

  void Source(const toml::table& table, const SourceSettings& source) {
    const auto needs = [&](std::string_view key) {
      if (!table.contains(key)) {
        Mistake(table, "`source." + std::string(key) + "` is missing: a source of kind \"" +
                           source.kind + "\" needs it");
      }
    };
    if (source.kind == "archive") needs("path");
    for (const std::string_view kind : {"mastodon", "wordpress", "nostr", "feed"}) {
      if (source.kind == kind) needs("base");
    }
  }

  // `security.protocol` without quotes is a table in TOML; here it is a name with a point.
  void Librdkafka(const std::string& prefix, const toml::table& table) {
    for (const Item& item : InOrder(table)) {
      const std::string name = prefix + std::string(item.key);
      if (const toml::table* inner = item.node->as_table()) {
        Librdkafka(name + ".", *inner);
        continue;
      }
      std::string value;
      if (const auto* text = item.node->as_string()) value = text->get();
      if (const auto* flag = item.node->as_boolean()) value = flag->get() ? "true" : "false";
      if (const auto* number = item.node->as_integer()) value = std::to_string(number->get());
      KafkaSetting(name, value, *item.node);
    }
  }

  void KafkaSetting(const std::string& name, const std::string& value, const toml::node& node) {
    const std::string shown = "`stream.librdkafka.\"" + Sample(name, 60) + "\"`";
    auto& settings = outcome_.settings.stream.librdkafka;
    if (!node.is_string() && !node.is_boolean() && !node.is_integer()) {
      Mistake(node, shown + " must be a text, an integer, true or false, not " +
                        std::string(NodeTypeName(node)));
    } else if (HasControl(name) || HasControl(value)) {
      Mistake(node, shown + " contains a control character");
    } else if (name == "bootstrap.servers" || name == "metadata.broker.list") {
      Mistake(node, shown + " is `stream.brokers` here");
    } else if (IsKafkaSecret(name)) {
      Mistake(node, shown + ": secrets do not stand in this file; put it into a file of its own " +
                        "and name that file with \"" + name + "_file\"");
    } else if (name.ends_with("_file") && IsKafkaSecret(name.substr(0, name.size() - 5))) {
      const std::filesystem::path path = (folder_ / value).lexically_normal();
      std::ifstream in(path, std::ios::binary);
      std::string secret(kSecretBytesMax, '\0');
      in.read(secret.data(), static_cast<std::streamsize>(secret.size()));
      secret.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
      while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
      if (secret.empty()) Mistake(node, shown + " cannot be read, or is empty: " + path.string());
      settings.emplace_back(name.substr(0, name.size() - 5), std::move(secret));
    } else {
      settings.emplace_back(name, value);
    }
  }

  const std::string& file_name_;
  std::filesystem::path folder_;
  ReadSettingsOutcome& outcome_;
  MistakeSink sink_;
  std::map<std::string, std::uint32_t> hashtags_;  // names and aliases, and their lines
  std::map<std::string, std::uint32_t> sources_;
  std::vector<std::pair<EventWindow, const toml::table*>> events_;  // of the hashtag being read
};

}  // namespace

ReadSettingsOutcome ReadSettingsText(const std::string& toml, const std::string& file_name) {
  ReadSettingsOutcome outcome;
  try {
    const toml::table document = toml::parse(std::string_view(toml), std::string_view(file_name));
    SettingsReader(file_name, outcome).Read(document);
  } catch (const toml::parse_error& error) {
    outcome.mistakes.push_back({file_name, static_cast<std::uint32_t>(error.source().begin.line),
                                static_cast<std::uint32_t>(error.source().begin.column),
                                Sample(error.description(), 300)});
  }
  std::stable_sort(outcome.mistakes.begin(), outcome.mistakes.end(),
                   [](const auto& a, const auto& b) {
                     return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                   });
  return outcome;
}

}  // namespace latecomer
