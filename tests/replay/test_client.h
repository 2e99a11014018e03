// A blocking HTTP/1.1 client over loopback that sends exactly the bytes a test gives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace latecomer {

struct TestAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class TestClient {
 public:
  explicit TestClient(std::uint16_t port);  // 127.0.0.1
  explicit TestClient(const std::string& unix_path);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  void Send(std::string_view bytes);
  // Reads one answer; status 0 where the connection ended first. `head_only`: of HEAD.
  TestAnswer Read(bool head_only = false);
  // Sends a GET with more header lines ("Name: value\r\n…") and reads the answer.
  TestAnswer Get(std::string_view target, std::string_view headers = "");
  // Reads until `text` has come (then all up to its end is returned), the end, or the time-out.
  std::string ReadUntil(std::string_view text,
                        std::chrono::milliseconds timeout = std::chrono::seconds(10));
  // Whether the other side ends the connection within the time.
  bool Ends(std::chrono::milliseconds timeout);
  void LimitReceiveBuffer(int bytes);

 private:
  bool Fill(std::chrono::milliseconds timeout);

  int fd_ = -1;
  bool ended_ = false;
  std::string buffer_;
};

}  // namespace latecomer
