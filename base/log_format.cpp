#include "base/log_format.h"

#include <sys/stat.h>

#include <cstdlib>

#include "base/json_out.h"
#include "base/time.h"

namespace latecomer {
namespace {

std::string_view View(spdlog::string_view_t text) { return {text.data(), text.size()}; }

TimeMs At(const spdlog::details::log_msg& message) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(message.time.time_since_epoch())
      .count();
}

// The length of the UTF-8 sequence that `text` begins with; 0: none (RFC 3629).
std::size_t SequenceBytes(std::string_view text) {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
  const unsigned first = at(0);
  const unsigned second = at(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if ((first & 0xF0U) == 0xE0U) {
    const bool is_bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F);
    return follows(1) && follows(2) && !is_bad ? 3 : 0;
  }
  if (first < 0xF0 || first > 0xF4) return 0;
  const bool is_bad = (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return follows(1) && follows(2) && follows(3) && !is_bad ? 4 : 0;
}

// What other libraries and file names bring need not be UTF-8.
std::string AsUtf8(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t bytes = SequenceBytes(text.substr(i));
    if (bytes == 0) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text.substr(i, bytes);
    }
    i += bytes == 0 ? 1 : bytes;
  }
  return out;
}

class JsonFormatter final : public spdlog::formatter {
 public:
  JsonFormatter(std::string daemon, std::string instance)
      : daemon_(std::move(daemon)), instance_(std::move(instance)) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string line;
    JsonObject object(line);
    object.Time("ts", At(message));
    object.String("level", View(spdlog::level::to_string_view(message.level)));
    object.String("daemon", daemon_);
    if (!instance_.empty()) object.String("instance", instance_);
    object.String("msg", AsUtf8(View(message.payload))).Close();
    line += '\n';
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>(daemon_, instance_);
  }

 private:
  const std::string daemon_;
  const std::string instance_;
};

// syslog(3)'s numbers.
char PriorityOf(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
      return '2';
    case spdlog::level::err:
      return '3';
    case spdlog::level::warn:
      return '4';
    case spdlog::level::info:
      return '6';
    default:
      return '7';
  }
}

class JournaldFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const char head[] = {'<', PriorityOf(message.level), '>'};
    out.append(head, head + sizeof head);
    for (const char c : View(message.payload)) {
      const bool ends_line = c == '\n' || c == '\r' || c == '\0';
      out.push_back(ends_line ? ' ' : c);
    }
    out.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JournaldFormatter>();
  }
};

}  // namespace

std::unique_ptr<spdlog::formatter> MakeJsonLogFormatter(std::string daemon, std::string instance) {
  return std::make_unique<JsonFormatter>(std::move(daemon), std::move(instance));
}

std::unique_ptr<spdlog::formatter> MakeJournaldLogFormatter() {
  return std::make_unique<JournaldFormatter>();
}

bool IsJournal(const char* stream, int fd) {
  if (stream == nullptr) return false;
  char* end = nullptr;
  const unsigned long long device = std::strtoull(stream, &end, 10);
  if (end == stream || *end != ':') return false;
  const unsigned long long inode = std::strtoull(end + 1, nullptr, 10);
  struct stat info {};
  return fstat(fd, &info) == 0 && info.st_dev == device && info.st_ino == inode;
}

void CollapsingSink::log(const spdlog::details::log_msg& message) {
  if (!should_log(message.level)) return;
  if (message.level < spdlog::level::warn) {
    to_->log(message);
    return;
  }
  ++(message.level == spdlog::level::warn ? warnings_ : errors_);
  std::uint64_t unsaid = 0;
  if (!MaySay(message, unsaid)) return;
  if (unsaid == 0) {
    to_->log(message);
    return;
  }
  const std::string text = std::string(View(message.payload)) + " (and " + std::to_string(unsaid) +
                           " times more since it was last said)";
  spdlog::details::log_msg more = message;
  more.payload = text;
  to_->log(more);
}

bool CollapsingSink::MaySay(const spdlog::details::log_msg& message, std::uint64_t& unsaid) {
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto found = said_.find(View(message.payload));
  if (found == said_.end()) {
    // What has been silent is forgotten; with as many different ones all are said.
    if (said_.size() >= kKnownMax) {
      std::erase_if(said_, [&](const auto& item) {
        return item.second.unsaid == 0 && message.time - item.second.at >= kSayAgainAfter;
      });
    }
    if (said_.size() < kKnownMax) said_[std::string(View(message.payload))] = {message.time, 0};
    return true;
  }
  Said& said = found->second;
  if (message.time - said.at < kSayAgainAfter) {
    ++said.unsaid;
    return false;
  }
  unsaid = said.unsaid;
  said = {message.time, 0};
  return true;
}

}  // namespace latecomer
