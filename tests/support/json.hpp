#pragma once
// A strict JSON reader, to check that the data in a report are well formed.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gradflow {

struct Json {
  enum class Kind { null, boolean, number, text, array, object };
  Kind kind = Kind::null;
  bool truth = false;
  double number = 0;
  std::string text;
  std::vector<Json> items;
  std::map<std::string, Json> members;

  bool is_null() const { return kind == Kind::null; }
  const Json& operator[](const std::string& name) const { return members.at(name); }
  const Json& operator[](std::size_t i) const { return items.at(i); }
  std::size_t size() const { return kind == Kind::object ? members.size() : items.size(); }
};

/// Returns the JSON text without the blanks and line ends outside strings.
inline std::string compact(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = quoted && text[i] == '\\';
    if (escaped) out += text[i++];
    if (text[i] == '"' && !escaped) quoted = !quoted;
    if (quoted || (text[i] != ' ' && text[i] != '\n')) out += text[i];
  }
  return out;
}

/// Reads only escapes of ASCII characters, as gradflow writes no others. Throws std::runtime_error with the position.
class JsonReader {
 public:
  static Json read(std::string_view text) {
    JsonReader reader(text);
    Json value = reader.value();
    if (reader.at_ != text.size()) reader.fail("the end");
    return value;
  }

 private:
  explicit JsonReader(std::string_view text) : text_(text) {}

  [[noreturn]] void fail(const std::string& expected) const {
    throw std::runtime_error("at " + std::to_string(at_) + ": got \"" + std::string(text_.substr(at_, 20)) +
                             "\", expected " + expected);
  }

  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void need(std::string_view word) {
    if (!take(word)) fail(std::string(word));
  }

  Json value() {
    Json json;
    if (take("null")) return json;
    if (take("true") || take("false")) {
      json.kind = Json::Kind::boolean;
      json.truth = text_[at_ - 2] == 'u';
    } else if (take("[")) {
      json.kind = Json::Kind::array;
      if (take("]")) return json;
      do json.items.push_back(value());
      while (take(","));
      need("]");
    } else if (take("{")) {
      json.kind = Json::Kind::object;
      if (take("}")) return json;
      do {
        const std::string name = string();
        need(":");
        if (!json.members.emplace(name, value()).second) fail("no second " + name);
      } while (take(","));
      need("}");
    } else if (text_.substr(at_).starts_with('"')) {
      json.kind = Json::Kind::text;
      json.text = string();
    } else {
      json.kind = Json::Kind::number;
      json.number = digits();
    }
    return json;
  }

  double digits() {
    const std::size_t end = std::min(text_.find_first_not_of("+-.0123456789eE", at_), text_.size());
    const std::string all(text_.substr(at_, end - at_));
    char* rest = nullptr;
    const double number = std::strtod(all.c_str(), &rest);
    if (all.empty() || *rest != 0 || all[0] == '+' || all[0] == '.') fail("a value");
    at_ = end;
    return number;
  }

  std::string string() {
    need("\"");
    std::string out;
    while (!take("\"")) {
      if (at_ == text_.size() || static_cast<unsigned char>(text_[at_]) < ' ') fail("a character");
      out += take("\\") ? escaped() : text_[at_++];
    }
    return out;
  }

  char escaped() {
    constexpr std::string_view names = "\"\\/bfnrt", characters = "\"\\/\b\f\n\r\t";
    if (take("u00")) {
      at_ += 2;
      return static_cast<char>(std::stoi(std::string(text_.substr(at_ - 2, 2)), nullptr, 16));
    }
    const std::size_t i = at_ < text_.size() ? names.find(text_[at_]) : names.npos;
    if (i == names.npos) fail("an escape");
    ++at_;
    return characters[i];
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace gradflow
