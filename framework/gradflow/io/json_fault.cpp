#include <gradflow/io/json_fault.hpp>

#include <set>

#include <nlohmann/json.hpp>

#include <gradflow/base/errors.hpp>

namespace gradflow::detail {
namespace {

using Json = nlohmann::json;

/// Receives the events of the parser. Stores only the names in the objects that are still open. The parser stops when a
/// function returns false.
class Watch final : public nlohmann::json_sax<Json> {
 public:
  Watch(std::size_t deepest, std::vector<std::string>* names) : deepest_(deepest), names_(names) {}

  std::string fault;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (open_.size() == 1 && names_) names_->push_back(name);
    return open_.back().insert(name).second || ends(in_quotes(shortened(name, 60)) + " twice");
  }
  bool parse_error(std::size_t byte, const std::string&, const Json::exception& error) override {
    const bool too_large = dynamic_cast<const Json::out_of_range*>(&error) != nullptr;
    return ends(too_large ? "a number that is too large" : "invalid JSON at byte " + std::to_string(byte));
  }

 private:
  bool open() {
    open_.emplace_back();
    return open_.size() <= deepest_ || ends("JSON nested deeper than " + std::to_string(deepest_) + " levels");
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  bool ends(std::string why) {
    fault = std::move(why);
    return false;
  }

  std::size_t deepest_;
  std::vector<std::string>* names_;
  std::vector<std::set<std::string>> open_;
};

}  // namespace

std::string json_fault(const std::string& text, std::size_t deepest, std::vector<std::string>* names) {
  Watch watch(deepest, names);
  Json::sax_parse(text, &watch);
  return watch.fault;
}

}  // namespace gradflow::detail
