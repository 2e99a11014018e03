// Values in PostgreSQL's binary forms: parameters of statements and rows of COPY
// (https://www.postgresql.org/docs/15/sql-copy.html, "Binary Format"). Integers are in network
// order. NUL, which text cannot hold, is dropped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latecomer {

// Types by their numbers in every server (src/include/catalog/pg_type.dat).
enum class PgType : unsigned {
  kBool = 16,
  kInt8 = 20,
  kInt4 = 23,
  kText = 25,
  kInt4Array = 1007,
  kTextArray = 1009,
  kInt8Array = 1016,
};

template <typename Int>
void AppendBigEndian(std::string& out, Int value) {
  for (std::size_t shift = sizeof(Int) * 8; shift > 0; shift -= 8) {
    out += static_cast<char>((static_cast<std::uint64_t>(value) >> (shift - 8)) & 0xffU);
  }
}

// The parameters of one statement. Text is not copied and must stay until it has been sent.
class PgParams {
 public:
  void Add(std::int64_t value) { AddInt(PgType::kInt8, value); }
  void Add(std::int32_t value) { AddInt(PgType::kInt4, value); }
  void Add(bool value) { AddInt(PgType::kBool, static_cast<char>(value ? 1 : 0)); }
  void Add(std::string_view value);
  void Add(const std::string& value) { Add(std::string_view(value)); }
  void Add(const char* value) { Add(std::string_view(value)); }
  void Add(const std::optional<std::int64_t>& value);
  void Add(const std::vector<std::int64_t>& values);
  void Add(const std::vector<std::int32_t>& values);
  void Add(const std::vector<std::string_view>& values);
  void Add(const std::vector<std::string>& values);

  int size() const { return static_cast<int>(values_.size()); }
  const unsigned* types() const { return types_.data(); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  template <typename Int>
  void AddInt(PgType type, Int value) {
    std::string& bytes = owned_.emplace_back();
    AppendBigEndian(bytes, value);
    AddView(type, bytes);
  }
  void AddView(PgType type, std::string_view bytes);

  std::deque<std::string> owned_;
  std::vector<unsigned> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

// Rows as binary COPY takes them. Each row must have as many values as were announced, of exactly
// the columns' types.
class PgRowWriter {
 public:
  void AppendHeader();
  void AppendTrailer() { AppendBigEndian(bytes_, std::int16_t{-1}); }
  void BeginRow(int columns) { AppendBigEndian(bytes_, static_cast<std::int16_t>(columns)); }

  PgRowWriter& Int8(std::int64_t value) { return Fixed(value); }
  PgRowWriter& Int4(std::int32_t value) { return Fixed(value); }
  PgRowWriter& Bool(bool value) { return Fixed(static_cast<char>(value ? 1 : 0)); }
  PgRowWriter& Text(std::string_view value);
  PgRowWriter& Null() {
    AppendBigEndian(bytes_, std::int32_t{-1});
    return *this;
  }
  PgRowWriter& OptionalInt8(const std::optional<std::int64_t>& value) {
    return value ? Int8(*value) : Null();
  }
  PgRowWriter& Int4Array(const std::vector<std::int32_t>& values);

  const std::string& bytes() const { return bytes_; }
  void Clear() { bytes_.clear(); }

 private:
  template <typename Int>
  PgRowWriter& Fixed(Int value) {
    AppendBigEndian(bytes_, static_cast<std::int32_t>(sizeof(Int)));
    AppendBigEndian(bytes_, value);
    return *this;
  }
  std::string bytes_;
};

}  // namespace latecomer
