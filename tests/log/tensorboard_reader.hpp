#pragma once
// A reader of TensorBoard's event files that shares no code with the library.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <log/tfrecord_reader.hpp>
#include <support/text.hpp>

namespace gradflow {

/// A protobuf message: for each field number, its values in order. Numbers are kept as bits, other values as bytes.
struct Message {
  std::map<int, std::vector<std::uint64_t>> numbers;
  std::map<int, std::vector<std::string>> texts;

  double real(int field) const { return std::bit_cast<double>(numbers.at(field).at(0)); }
  const std::string& text(int field) const { return texts.at(field).at(0); }
};

inline std::uint64_t take_varint(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = take_number<unsigned char>(bytes);
    number |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return number;
  }
}

inline Message message_in(std::string_view bytes) {
  Message message;
  while (!bytes.empty()) {
    const std::uint64_t key = take_varint(bytes);
    const int field = static_cast<int>(key >> 3);
    switch (key & 7) {
      case 0:
        message.numbers[field].push_back(take_varint(bytes));
        break;
      case 1:
        message.numbers[field].push_back(take_number<std::uint64_t>(bytes));
        break;
      case 2: {
        const std::uint64_t length = take_varint(bytes);
        message.texts[field].emplace_back(bytes.substr(0, length));
        bytes.remove_prefix(length);
        break;
      }
      case 5:
        message.numbers[field].push_back(take_number<std::uint32_t>(bytes));
        break;
      default:
        throw std::runtime_error("a field has an unknown wire type");
    }
  }
  return message;
}

inline std::vector<double> reals_in(std::string_view packed) {
  std::vector<double> reals;
  while (!packed.empty()) reals.push_back(std::bit_cast<double>(take_number<std::uint64_t>(packed)));
  return reals;
}

/// The event in one record. Every record of the file but the first holds one event.
struct Event {
  double wall_time;
  std::uint64_t step;
  Message value;

  explicit Event(const std::string& bytes) {
    const Message event = message_in(bytes);
    wall_time = event.real(1);
    step = event.numbers.contains(2) ? event.numbers.at(2).at(0) : 0;
    value = message_in(message_in(event.text(5)).text(1));
  }
  std::string tag() const { return value.text(1); }
  bool is_scalar() const { return value.numbers.contains(2); }
  float scalar() const { return std::bit_cast<float>(static_cast<std::uint32_t>(value.numbers.at(2).at(0))); }
};

/// Returns the path of the only file in a folder.
inline std::string file_in(const std::string& folder) {
  std::string file;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_EQ(file, "") << "expected one file in " << folder;
    file = entry.path().string();
  }
  return file;
}

/// Returns the events of the only file in a folder.
inline std::vector<Event> events_in(const std::string& folder) {
  const auto records = tfrecords_of(text_of_file(file_in(folder)));
  return {records.begin() + 1, records.end()};  // the first record has the version of the format
}

}  // namespace gradflow
