// The daemons that run here, as their admin addresses tell.
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <memory>

#include "app/doctor.h"

namespace latecomer {
namespace {

constexpr timeval kPatience{3, 0};
constexpr std::size_t kAnswerBytesMax = 64U << 10U;

// A connected socket, or -1.
int Connect(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), address.substr(colon + 1).c_str(), &hints, &found) != 0) return -1;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    const int fd = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
    if (fd < 0) continue;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    if (connect(fd, one->ai_addr, one->ai_addrlen) == 0) return fd;
    close(fd);
  }
  return -1;
}

struct Answer {
  int status = 0;  // 0: nobody answers
  std::string body;
};

// GET of a path, as HTTP/1.0 so that the connection's end is the answer's.
Answer Get(const std::string& address, const std::string& path) {
  const int fd = Connect(address);
  if (fd < 0) return {};
  const std::string request = "GET " + path + " HTTP/1.0\r\nHost: " + address + "\r\n\r\n";
  std::string text;
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
      static_cast<ssize_t>(request.size())) {
    char part[4096];
    for (ssize_t n = 0;
         text.size() < kAnswerBytesMax && (n = recv(fd, part, sizeof part, 0)) > 0;) {
      text.append(part, static_cast<std::size_t>(n));
    }
  }
  close(fd);
  Answer answer;
  const std::size_t blank = text.find(' ');
  const std::size_t head_end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.") || blank == text.npos || head_end == text.npos) return answer;
  answer.status = std::atoi(text.c_str() + blank + 1);
  for (const char c : text.substr(head_end + 4)) {
    if (c != '\n') {
      answer.body += c;
    } else if (!answer.body.ends_with("; ")) {
      answer.body += "; ";
    }
  }
  while (answer.body.ends_with(' ') || answer.body.ends_with(';')) answer.body.pop_back();
  return answer;
}

void ExamineOne(const std::string& role, const std::string& set, const std::string& standard,
                const FindingSink& tell) {
  const std::string address = set.empty() ? standard : set;
  const std::string what = role + " at " + address;
  const Answer health = Get(address, "/healthz");
  if (health.status == 0) {
    return tell({set.empty() ? FindingState::kOk : FindingState::kWarning, what,
                 "nobody answers: it does not run here", ""});
  }
  if (health.status != 200) {
    return tell({FindingState::kBad, what, "it is not healthy: " + health.body,
                 "start it again, and keep its log"});
  }
  const Answer ready = Get(address, "/readyz");
  if (ready.status == 200) return tell({FindingState::kOk, what, "it is at work", ""});
  tell({FindingState::kWarning, what, "it is not ready: " + ready.body,
        "it goes on by itself once that is over"});
}

}  // namespace

void ExamineAdmin(const Settings& settings, const FindingSink& tell) {
  if (settings.stream.kind == "embedded") {
    return ExamineOne("run", settings.replay.admin, "127.0.0.1:8474", tell);
  }
  ExamineOne("ingest", settings.ingest.admin, "127.0.0.1:8471", tell);
  ExamineOne("process", settings.processor.admin, "127.0.0.1:8472", tell);
  ExamineOne("sink", settings.sink.admin, "127.0.0.1:8473", tell);
  ExamineOne("replay", settings.replay.admin, "127.0.0.1:8474", tell);
}

void Examine(const Settings& settings, const FindingSink& tell) {
  ExamineData(settings, tell);
  ExamineClock(tell);
  ExamineStream(settings, tell);
  ExamineStore(settings, tell);
  ExamineSources(settings, tell);
  ExamineAdmin(settings, tell);
}

}  // namespace latecomer
