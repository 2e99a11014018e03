#include "store/sqlite_store.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>

#include "store_contract.h"
#include "temp_dir.h"

namespace latecomer::test {
namespace {

class SqliteFixture : public StoreUnderTest {
 public:
  explicit SqliteFixture(bool search_index = true) {
    settings_.path = dir_ / "store.db";
    settings_.search_index = search_index;
  }
  std::unique_ptr<TimelineWriteStore> OpenWriter() override {
    return Require(OpenSqliteWriteStore(settings_));
  }
  std::unique_ptr<TimelineReadStore> OpenReader() override {
    return Require(OpenSqliteReadStore(settings_));
  }
  bool FilesHold(const std::string& bytes) override {
    for (const auto& file : std::filesystem::directory_iterator(dir_.path())) {
      std::ifstream in(file.path(), std::ios::binary);
      const std::string all{std::istreambuf_iterator<char>(in), {}};
      if (all.find(bytes) != std::string::npos) return true;
    }
    return false;
  }

 protected:
  TempDir dir_;
  SqliteStoreSettings settings_;
};

class SqliteFixtureWithoutIndex : public SqliteFixture {
 public:
  SqliteFixtureWithoutIndex() : SqliteFixture(false) {}
};

}  // namespace

LATECOMER_STORE_CONTRACT(sqlite_store, SqliteFixture)
LATECOMER_STORE_CONTRACT(sqlite_store_without_index, SqliteFixtureWithoutIndex)

}  // namespace latecomer::test
