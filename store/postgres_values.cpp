#include "store/postgres_values.h"

#include <algorithm>

namespace latecomer {
namespace {

void AppendArrayHeader(std::string& out, PgType element, std::size_t count) {
  AppendBigEndian(out, std::int32_t{count == 0 ? 0 : 1});  // dimensions
  AppendBigEndian(out, std::int32_t{0});                   // none is null
  AppendBigEndian(out, static_cast<std::int32_t>(element));
  if (count == 0) return;
  AppendBigEndian(out, static_cast<std::int32_t>(count));
  AppendBigEndian(out, std::int32_t{1});  // the first index
}

template <typename Int>
void AppendIntArray(std::string& out, PgType element, const std::vector<Int>& values) {
  AppendArrayHeader(out, element, values.size());
  out.reserve(out.size() + values.size() * (sizeof(Int) + 4));
  for (const Int value : values) {
    AppendBigEndian(out, static_cast<std::int32_t>(sizeof(Int)));
    AppendBigEndian(out, value);
  }
}

bool HoldsNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

std::string WithoutNul(std::string_view text) {
  std::string out(text);
  std::erase(out, '\0');
  return out;
}

void AppendText(std::string& out, std::string_view text) {
  if (HoldsNul(text)) {
    const std::string clean = WithoutNul(text);
    AppendText(out, clean);
    return;
  }
  AppendBigEndian(out, static_cast<std::int32_t>(text.size()));
  out += text;
}

template <typename Texts>
void AppendTextArray(std::string& out, const Texts& values) {
  AppendArrayHeader(out, PgType::kText, values.size());
  for (const std::string_view value : values) AppendText(out, value);
}

}  // namespace

void PgParams::AddView(PgType type, std::string_view bytes) {
  types_.push_back(static_cast<unsigned>(type));
  values_.push_back(bytes.data());
  lengths_.push_back(static_cast<int>(bytes.size()));
  formats_.push_back(1);
}

void PgParams::Add(std::string_view value) {
  if (HoldsNul(value)) {
    AddView(PgType::kText, owned_.emplace_back(WithoutNul(value)));
  } else {
    // A null pointer would be NULL.
    AddView(PgType::kText, value.data() == nullptr ? std::string_view("") : value);
  }
}

void PgParams::Add(const std::optional<std::int64_t>& value) {
  if (value) {
    Add(*value);
    return;
  }
  AddView(PgType::kInt8, {});
  values_.back() = nullptr;
}

void PgParams::Add(const std::vector<std::int64_t>& values) {
  AppendIntArray(owned_.emplace_back(), PgType::kInt8, values);
  AddView(PgType::kInt8Array, owned_.back());
}

void PgParams::Add(const std::vector<std::int32_t>& values) {
  AppendIntArray(owned_.emplace_back(), PgType::kInt4, values);
  AddView(PgType::kInt4Array, owned_.back());
}

void PgParams::Add(const std::vector<std::string_view>& values) {
  AppendTextArray(owned_.emplace_back(), values);
  AddView(PgType::kTextArray, owned_.back());
}

void PgParams::Add(const std::vector<std::string>& values) {
  AppendTextArray(owned_.emplace_back(), values);
  AddView(PgType::kTextArray, owned_.back());
}

void PgRowWriter::AppendHeader() {
  constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
  bytes_ += kSignature;
  AppendBigEndian(bytes_, std::int32_t{0});  // flags
  AppendBigEndian(bytes_, std::int32_t{0});  // extension
}

PgRowWriter& PgRowWriter::Text(std::string_view value) {
  AppendText(bytes_, value);
  return *this;
}

PgRowWriter& PgRowWriter::Int4Array(const std::vector<std::int32_t>& values) {
  const std::size_t at = bytes_.size();
  AppendBigEndian(bytes_, std::int32_t{0});  // its length, known below
  AppendIntArray(bytes_, PgType::kInt4, values);
  std::string length;
  AppendBigEndian(length, static_cast<std::int32_t>(bytes_.size() - at - 4));
  bytes_.replace(at, 4, length);
  return *this;
}

}  // namespace latecomer
