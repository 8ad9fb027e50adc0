#include <gradflow/log/tensorboard_sink.hpp>

#include <stdexcept>

#if defined(GRADFLOW_PROTOBUF)

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <unistd.h>

#include <gradflow/log/event.pb.h>
#include <gradflow/base/file.hpp>
#include <gradflow/log/tfrecord.hpp>

namespace gradflow {
namespace {

/// Returns seconds since 1970.
double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

constexpr std::string_view name_begins = "events.out.tfevents.";

/// Returns the path of the newest file, or an empty text if the folder has none.
std::string newest_in(const std::string& folder) {
  std::string newest;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename().string().starts_with(name_begins)) newest = std::max(newest, entry.path().string());
  return newest;
}

/// Returns the path of the file to append to, or a path that no other sink uses. Creates the folder.
std::string path_in(const std::string& folder, bool append) {
  static std::atomic<unsigned> counter = 0;
  make_folder(folder);
  if (const std::string newest = append ? newest_in(folder) : ""; !newest.empty()) return newest;
  return folder + "/" + std::string(name_begins) + std::to_string(static_cast<std::int64_t>(seconds_now())) + "." +
         host_name() + "." + std::to_string(getpid()) + "." + std::to_string(counter++);
}

void append_event(std::string& out, tensorboard::Event& event) {
  event.set_wall_time(seconds_now());
  append_tfrecord(out, event.SerializeAsString());
}

/// Returns the event that every file must begin with: the version of the format.
std::string first_event() {
  tensorboard::Event event;
  event.set_file_version("brain.Event:2");
  std::string out;
  append_event(out, event);
  return out;
}

/// Fills a histogram from the bins of a record, which have equal width. The sums treat all values of a bin as if they
/// were in the middle of the bin.
void set_histogram(tensorboard::Histogram& histogram, const Record& record) {
  const auto bins = static_cast<double>(record.bins.size());
  const bool has_edges = record.low != 0 || record.high != 0;
  const double low = has_edges ? record.low : 0, high = has_edges ? record.high : bins, width = (high - low) / bins;
  double number = 0, sum = 0, squares = 0;
  for (std::size_t i = 0; i < record.bins.size(); ++i) {
    const double share = record.bins[i], middle = low + width * (static_cast<double>(i) + 0.5);
    const bool is_last = i + 1 == record.bins.size();
    histogram.add_bucket_limit(is_last ? high : low + width * static_cast<double>(i + 1));
    histogram.add_bucket(share);
    number += share;
    sum += share * middle;
    squares += share * middle * middle;
  }
  histogram.set_min(low);
  histogram.set_max(high);
  histogram.set_num(number);
  histogram.set_sum(sum);
  histogram.set_sum_squares(squares);
}

}  // namespace

bool can_write_tensorboard() { return true; }

TensorBoardSink::TensorBoardSink(const std::string& folder, TensorBoardSinkOptions options)
    : FileSink(path_in(folder, options.append), first_event(), options.append) {}

void TensorBoardSink::append(std::string& out, const Record& record) const {
  tensorboard::Event event;
  event.set_step(static_cast<std::int64_t>(record.step));
  auto& value = *event.mutable_summary()->add_value();
  const std::string group = record.layer < 0 ? "network" : "layer " + std::to_string(record.layer);
  value.set_tag(group + "/" + std::string(record.quantity));
  if (record.bins.empty())
    value.set_simple_value(static_cast<float>(record.value));
  else
    set_histogram(*value.mutable_histo(), record);
  append_event(out, event);
}

#else

namespace gradflow {
namespace {

std::string no_path() {
  throw std::runtime_error(
      "tensorboard: this build has no protobuf; apt-get install protobuf-compiler libprotobuf-dev, and configure the "
      "build again");
}

}  // namespace

bool can_write_tensorboard() { return false; }

TensorBoardSink::TensorBoardSink(const std::string&, TensorBoardSinkOptions) : FileSink(no_path()) {}

void TensorBoardSink::append(std::string&, const Record&) const {}

#endif

}  // namespace gradflow
