#include "store/postgres_store.h"

#include <boost/test/unit_test.hpp>

#include "postgres_bed.h"
#include "store_contract.h"

namespace latecomer::test {
namespace {

class PostgresFixture : public StoreUnderTest {
 public:
  explicit PostgresFixture(bool search_index = true) {
    settings_.url = database_.url();
    settings_.search_index = search_index;
  }
  std::unique_ptr<TimelineWriteStore> OpenWriter() override {
    auto writer = Require(OpenPostgresWriteStore(settings_));
    Require(writer->Positions());  // makes the schema, as the reader wants it
    return writer;
  }
  std::unique_ptr<TimelineReadStore> OpenReader() override {
    return Require(OpenPostgresReadStore(settings_));
  }
  bool FilesHold(const std::string& bytes) override { return database_.FilesHold(bytes); }

 private:
  TestDatabase database_;
  PostgresStoreSettings settings_;
};

class PostgresFixtureWithoutIndex : public PostgresFixture {
 public:
  PostgresFixtureWithoutIndex() : PostgresFixture(false) {}
};

}  // namespace

LATECOMER_STORE_CONTRACT(postgres_store, PostgresFixture)
LATECOMER_STORE_CONTRACT(postgres_store_without_index, PostgresFixtureWithoutIndex)

}  // namespace latecomer::test
