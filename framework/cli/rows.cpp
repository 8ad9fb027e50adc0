#include <cli/rows.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <gradflow/base/errors.hpp>

using namespace gradflow;

namespace {

constexpr std::size_t piece = 1 << 16;  // bytes that are written and read at once

}  // namespace

RowFile::RowFile(std::string folder, const std::string& name, bool go_on) : folder_(std::move(folder)) {
  if (name.empty()) return;
  path_ = folder_ + "/" + name;
  descriptor_ = open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (go_on ? 0 : O_TRUNC), 0666);
  if (descriptor_ < 0) throw_system_error(path_, "cannot write");
  written_ = static_cast<std::size_t>(std::max(off_t{0}, lseek(descriptor_, 0, SEEK_END)));
}

RowFile::~RowFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

void RowFile::append(std::string_view text) {
  if (error_ != 0) return;
  buffer_ += text;
  if (buffer_.size() >= piece) flush();
}

void RowFile::flush() {
  if (descriptor_ < 0) {
    std::string name = folder_ + "/.rows-XXXXXX";
    descriptor_ = mkostemp(name.data(), O_CLOEXEC);
    if (descriptor_ >= 0) unlink(name.c_str());
  }
  if (descriptor_ < 0 || !detail::write_all(descriptor_, buffer_)) error_ = errno;
  written_ += buffer_.size();
  buffer_.clear();
}

void RowFile::copy_to(const WriteText& write, const std::string& path) {
  std::string text(piece, '\0');
  ssize_t size = 0;
  if (descriptor_ >= 0)
    for (off_t at = 0; error_ == 0 && (size = pread(descriptor_, text.data(), text.size(), at)) > 0; at += size)
      write(std::string_view(text).substr(0, static_cast<std::size_t>(size)));
  if (error_ == 0 && size == 0) return write(buffer_);
  if (error_ != 0) errno = error_;
  throw_system_error(path, "cannot write");
}

void RowFile::visit_state(StateVisitor& state) {
  if (!state.loading()) {
    flush();
    state.before_keeping(detail::sync_job(descriptor_, path_, error_));
  }
  state.number("size", written_);
  if (!state.loading()) return;
  const off_t there = lseek(descriptor_, 0, SEEK_END);
  if (there < static_cast<off_t>(written_))
    throw FormatError({path_, {}, std::to_string(there) + " bytes", "at least " + std::to_string(written_), {}});
  if (ftruncate(descriptor_, static_cast<off_t>(written_)) != 0) throw_system_error(path_, "cannot continue it");
  buffer_.clear();
}

void GradientRows::write_records(std::span<const Record> records) {
  text_.clear();
  for (const Record& record : records)
    if (record.bins.empty()) append_csv(text_, columns_, record);
  file_->append(text_);
}

std::string EpochRows::header() {
  return "activation,seed,epoch,steps,learning_rate,train_loss,validation_loss,validation_accuracy,validation_mae,"
         "validation_r2\n";
}

Next EpochRows::on_epoch(const Epoch<float>& e) {
  file_->append(row_begins_ + std::to_string(e.number) + "," + std::to_string(e.step + 1) + "," +
                csv_number(e.learning_rate) + "," + csv_number(e.train_loss) + "," + csv_field(e.validation.loss) +
                "," + csv_field(e.validation.accuracy) + "," + csv_field(e.validation.mae) + "," +
                csv_field(e.validation.r2) + "\n");
  return Next::proceed;
}

void EpochRows::visit_state(StateVisitor& state, const Network<float>&) {
  const auto scope = state.scope("epoch_rows");
  file_->visit_state(state);
}

std::string csv_field(double number) { return std::isnan(number) ? std::string() : csv_number(number); }
