#include <cli/rows.hpp>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/observers/loss_log.hpp>

using namespace gradflow;

namespace {

constexpr std::size_t piece = 1 << 16;  // number of bytes per write and read

[[noreturn]] void throw_lost_events() { throw std::runtime_error("--tensorboard: some events could not be written"); }

}  // namespace

RowFile::RowFile(std::string folder, const std::string& name, bool keep) : folder_(std::move(folder)) {
  if (name.empty()) return;
  const std::string path = folder_ + "/" + name;
  file_.emplace(path, open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (keep ? 0 : O_TRUNC), 0666));
}

void RowFile::append(std::string_view text) {
  if (error_ != 0) return;
  buffer_ += text;
  if (buffer_.size() >= piece) flush();
}

void RowFile::flush() {
  if (!file_) {
    std::string name = folder_ + "/.rows-XXXXXX";
    const int descriptor = mkostemp(name.data(), O_APPEND | O_CLOEXEC);
    if (descriptor >= 0) {
      unlink(name.c_str());
      file_.emplace(name, descriptor);
    }
  }
  if (!file_ || !file_->append(buffer_)) error_ = errno;
  buffer_.clear();
}

void RowFile::copy_to(const WriteText& write, const std::string& path) {
  std::string text(piece, '\0');
  ssize_t size = 0;
  if (file_)
    for (off_t at = 0; error_ == 0 && (size = pread(file_->descriptor(), text.data(), text.size(), at)) > 0; at += size)
      write(std::string_view(text).substr(0, static_cast<std::size_t>(size)));
  if (error_ == 0 && size == 0) return write(buffer_);
  if (error_ != 0) errno = error_;
  throw_system_error(path, "cannot write");
}

void RowFile::visit_state(StateVisitor& state) {
  if (!state.loading()) flush();
  if (!file_) throw_system_error(folder_, "cannot write");
  file_->visit_state(state, error_);
  if (state.loading()) buffer_.clear();
}

void GradientRows::write_records(std::span<const Record> records) {
  text_.clear();
  for (const Record& record : records)
    if (record.bins.empty()) append_csv(text_, columns_, record);
  file_->append(text_);
  if (events_) events_->write(records);
}

void GradientRows::visit_written(StateVisitor& state) {
  file_->visit_state(state);
  if (events_) events_->visit_state(state);
  if (events_ && events_->failed()) state.before_keeping(throw_lost_events);
}

void GradientRows::require_events() const {
  if (events_ && events_->failed()) throw_lost_events();
}

EpochRows::EpochRows(std::unique_ptr<RowFile> file, std::string row_begins, Sink* events)
    : file_(std::move(file)), row_begins_(std::move(row_begins)), events_(events) {}

std::string EpochRows::header() {
  return "activation,seed,epoch,steps,learning_rate,train_loss,validation_loss,validation_accuracy,validation_mae,"
         "validation_r2\n";
}

Next EpochRows::on_epoch(const Epoch<float>& e) {
  file_->append(row_begins_ + std::to_string(e.number) + "," + std::to_string(e.step + 1) + "," +
                csv_number(e.learning_rate) + "," + csv_number(e.train_loss) + "," + csv_field(e.validation.loss) +
                "," + csv_field(e.validation.accuracy) + "," + csv_field(e.validation.mae) + "," +
                csv_field(e.validation.r2) + "\n");
  if (events_) {
    LossLog<float>(*events_).on_epoch(e);
    events_->write({e.step, "learning_rate", -1, e.learning_rate});
  }
  return Next::proceed;
}

void EpochRows::visit_state(StateVisitor& state, const Network<float>&) {
  const auto scope = state.scope("epoch_rows");
  file_->visit_state(state);
}

std::string csv_field(double number) { return std::isnan(number) ? std::string() : csv_number(number); }
