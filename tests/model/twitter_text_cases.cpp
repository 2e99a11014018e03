#include "tests/model/twitter_text_cases.h"

#include <charconv>
#include <fstream>
#include <stdexcept>

namespace latecomer {
namespace {

void AppendUtf8(std::string& out, unsigned c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int tail = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static constexpr unsigned kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[tail] | (c >> (6 * tail)));
  for (int i = tail - 1; i >= 0; --i) out += static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F));
}

// Reads the double-quoted string at `at`, which moves behind it.
std::string Quoted(const std::string& line, std::size_t& at) {
  std::string out;
  for (++at; at < line.size() && line[at] != '"'; ++at) {
    if (line[at] != '\\') {
      out += line[at];
      continue;
    }
    const char kind = line.at(++at);
    const std::size_t digits = kind == 'u' ? 4 : kind == 'U' ? 8 : kind == 'x' ? 2 : 0;
    if (digits > 0) {
      unsigned c = 0;
      std::from_chars(line.data() + at + 1, line.data() + at + 1 + digits, c, 16);
      AppendUtf8(out, c);
      at += digits;
    } else {
      out += kind == 'n' ? '\n' : kind == 't' ? '\t' : kind == 'r' ? '\r' : kind;
    }
  }
  if (at >= line.size()) throw std::runtime_error("a string without an end: " + line);
  ++at;
  return out;
}

std::vector<std::string> QuotedAll(const std::string& line, std::size_t at) {
  std::vector<std::string> out;
  while ((at = line.find('"', at)) != line.npos) out.push_back(Quoted(line, at));
  return out;
}

}  // namespace

std::vector<TwitterTextCase> ReadTwitterText(const std::filesystem::path& file,
                                             const std::string& section) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::vector<TwitterTextCase> cases;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == line.npos) continue;
    if (begin == 2 && line[2] != '-') {
      inside = line == "  " + section + ":";
      continue;
    }
    if (!inside) continue;
    const std::string rest = line.substr(begin);
    std::size_t at = line.find('"');
    if (rest.starts_with("- description:")) {
      cases.push_back({Quoted(line, at), {}, {}, {}});
    } else if (rest.starts_with("text:")) {
      cases.back().text = Quoted(line, at);
    } else if (rest.starts_with("expected:")) {
      cases.back().expected = QuotedAll(line, begin);
    } else if (rest.starts_with("- hashtag:")) {
      cases.back().expected.push_back(Quoted(line, at));
    } else if (rest.starts_with("indices:")) {
      const std::size_t open = line.find('[');
      const std::size_t comma = line.find(',');
      if (open == line.npos || comma == line.npos) throw std::runtime_error("bad line: " + line);
      cases.back().indices.emplace_back(std::stoul(line.substr(open + 1)),
                                        std::stoul(line.substr(comma + 1)));
    } else {
      throw std::runtime_error("an unknown line: " + line);
    }
  }
  return cases;
}

}  // namespace latecomer
