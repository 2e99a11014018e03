// A folder of its own, and streams in it, for the tests of the embedded stream.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "stream/embedded_stream.h"
#include "tests/stream/stream_contract_util.h"

namespace latecomer {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "stream-test-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline EmbeddedStreamSettings StreamIn(const std::filesystem::path& folder) {
  EmbeddedStreamSettings settings;
  settings.path = (folder / "stream.db").string();
  settings.busy_timeout = std::chrono::seconds(30);
  return settings;
}

class EmbeddedLog final : public contract::ContractLog {
 public:
  std::unique_ptr<Stream> Open() override { return contract::Take(OpenEmbeddedStream(Settings())); }
  EmbeddedStreamSettings Settings() const {
    EmbeddedStreamSettings settings = StreamIn(folder_.path());
    settings.session_timeout = SessionTimeout();
    return settings;
  }
  std::chrono::milliseconds SessionTimeout() const override { return std::chrono::seconds(2); }

 private:
  TempFolder folder_;
};

}  // namespace latecomer
