#include <gradflow/log/memory_sink.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace gradflow {
namespace {

constexpr std::size_t block_size = 8192;     // numbers
constexpr std::size_t forms_looked_at = 16;  // a few observers take turns; what never repeats is not searched for

std::size_t numbers_in(std::span<const Record> records) {
  std::size_t count = records.size();
  for (const Record& record : records) count += record.bins.size();
  return count;
}

}  // namespace

std::span<const Record> MemorySink::records() const {
  for (; unpacked_ < groups_.size(); ++unpacked_) append(groups_[unpacked_], records_);
  return records_;
}

void MemorySink::replay(Sink& to) const {
  std::vector<Record> records;
  for (const Group& group : groups_) {
    records.clear();
    append(group, records);
    to.write(records);
  }
}

void MemorySink::write_records(std::span<const Record> records) {
  double* next = room_for(records);
  groups_.push_back({records.empty() ? 0 : records[0].step, form_of(records), next});
  for (const Record& record : records) {
    *next++ = record.value;
    next = std::copy(record.bins.begin(), record.bins.end(), next);
  }
}

/// The one last found is tried last: a single observer finds it at once, and those who take turns after one try.
std::size_t MemorySink::form_of(std::span<const Record> records) {
  const auto same = [&](const Form& form, const Record& record) {
    return form.layer == record.layer && form.bins == record.bins.size() &&
           form.steps == record.step - records[0].step && form.quantity == record.quantity;
  };
  const std::size_t tries = std::min(forms_.size(), forms_looked_at);
  for (std::size_t i = 1; i <= tries; ++i) {
    const std::size_t form = (last_form_ + i) % forms_.size();
    if (std::ranges::equal(forms_[form], records, same)) return last_form_ = form;
  }
  GroupForm form;
  for (const Record& r : records)
    form.push_back({names_.keep(r.quantity), r.layer, r.step - records[0].step, r.bins.size()});
  forms_.push_back(std::move(form));
  return last_form_ = forms_.size() - 1;
}

/// For the numbers of a group, side by side.
double* MemorySink::room_for(std::span<const Record> records) {
  const std::size_t count = numbers_in(records);
  if (blocks_.empty() || blocks_.back().size() + count > blocks_.back().capacity())
    blocks_.emplace_back().reserve(std::max(block_size, count));
  auto& block = blocks_.back();
  block.resize(block.size() + count);
  return block.data() + (block.size() - count);
}

void MemorySink::append(const Group& group, std::vector<Record>& to) const {
  const double* next = group.numbers;
  for (const Form& form : forms_[group.form]) {
    to.push_back({group.step + form.steps, form.quantity, form.layer, *next++, {next, form.bins}});
    next += form.bins;
  }
}

}  // namespace gradflow
