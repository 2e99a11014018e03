// Records on their way into a topic, one after the other in one buffer: gathering them costs no
// allocation for each, and they are all there before a transaction is opened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "stream/stream.h"

namespace latecomer {

class RecordBatch {
 public:
  void Clear() {
    bytes_.clear();
    items_.clear();
  }
  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }

  // Adds a record: `write` appends the key to the string it is given, then the value, and says with
  // what it returns where the key ended and whether there is a value.
  struct Written {
    std::size_t key_end;
    bool has_value;
  };
  template <typename Write>
  void Add(std::int32_t partition, Write write) {
    const std::size_t begin = bytes_.size();
    const Written written = write(bytes_);
    items_.push_back({partition, written.has_value, begin, written.key_end, bytes_.size()});
  }

  Status AppendTo(Writer& writer, std::string_view topic) const {
    for (const Item& item : items_) {
      const std::string_view all(bytes_);
      std::optional<std::string_view> value;
      if (item.has_value) value = all.substr(item.key_end, item.end - item.key_end);
      Status appended = writer.Append(topic, item.partition,
                                      all.substr(item.begin, item.key_end - item.begin), value);
      if (!appended) return appended;
    }
    return {};
  }

 private:
  struct Item {
    std::int32_t partition;
    bool has_value;
    std::size_t begin;
    std::size_t key_end;
    std::size_t end;
  };
  std::string bytes_;
  std::vector<Item> items_;
};

}  // namespace latecomer
