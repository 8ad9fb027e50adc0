#include <gradflow/log/memory_sink.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace gradflow {
namespace {

constexpr std::size_t first_block = 4096, block_size = 256 * 1024;  // in numbers; block_size: 2 MiB, a huge page
constexpr std::size_t forms_looked_at = 16;  // enough for a few observers; limits the search if no group repeats
constexpr std::size_t head = 2;              // numbers at the start of a group: step and form

/// Same result as a == b, but without the call of memcmp: compares words of 8 bytes. The last word may overlap the word
/// before it.
bool same_text(std::string_view a, std::string_view b) {
  constexpr std::size_t word = sizeof(std::uint64_t);
  if (a.size() != b.size()) return false;
  if (a.size() < word) return a == b;
  const auto differ = [&](std::size_t at) {
    std::uint64_t left, right;
    std::memcpy(&left, a.data() + at, word);
    std::memcpy(&right, b.data() + at, word);
    return left != right;
  };
  for (std::size_t at = 0; at + word <= a.size(); at += word)
    if (differ(at)) return false;
  return !differ(a.size() - word);
}

}  // namespace

std::span<const Record> MemorySink::records() const {
  for (; read_blocks_ < blocks_.size(); ++read_blocks_, read_numbers_ = 0) {
    const Block& block = blocks_[read_blocks_];
    const double* const end = block.data() + block.size();
    for (const double* group = block.data() + read_numbers_; group != end;) group = append(group, records_);
    read_numbers_ = block.size();
    if (read_blocks_ + 1 == blocks_.size()) break;  // the last block may still grow
  }
  return records_;
}

void MemorySink::replay(Sink& to) const {
  std::vector<Record> records;
  for (const Block& block : blocks_)
    for (const double *group = block.data(), *const end = group + block.size(); group != end;) {
      records.clear();
      group = append(group, records);
      to.write(records);
    }
}

void MemorySink::write_records(std::span<const Record> records) {
  const std::size_t form = form_of(records);
  double* next = room_for(head + forms_[form].numbers);
  *next++ = records.empty() ? 0 : static_cast<double>(records[0].step);
  *next++ = static_cast<double>(form);
  for (const Record& record : records) {
    *next++ = record.value;
    for (const double bin : record.bins) *next++ = bin;
  }
}

/// Returns the number of the form of these records, and adds the form if it is new. The search begins with the form
/// after the form that was found last. So the first try succeeds if one observer writes, or if observers write in turn.
std::size_t MemorySink::form_of(std::span<const Record> records) {
  const auto same = [&](const Form& form, const Record& record) {
    return form.layer == record.layer && form.bins == record.bins.size() &&
           form.steps == record.step - records[0].step && same_text(form.quantity, record.quantity) &&
           form.low == record.low && form.high == record.high;
  };
  const std::size_t tries = std::min(forms_.size(), forms_looked_at);
  for (std::size_t i = 1; i <= tries; ++i) {
    const std::size_t form = (last_form_ + i) % forms_.size();
    if (std::ranges::equal(forms_[form].records, records, same)) return last_form_ = form;
  }
  GroupForm form{{}, records.size()};
  for (const Record& r : records) {
    form.records.push_back({names_.keep(r.quantity), r.layer, r.step - records[0].step, r.bins.size(), r.low, r.high});
    form.numbers += r.bins.size();
  }
  forms_.push_back(std::move(form));
  return last_form_ = forms_.size() - 1;
}

/// Returns contiguous memory for the numbers of one group.
double* MemorySink::room_for(std::size_t count) {
  if (blocks_.empty() || blocks_.back().size() + count > blocks_.back().capacity())
    blocks_.emplace_back().reserve(std::max(blocks_.size() == 1 ? first_block : block_size, count));
  Block& block = blocks_.back();
  block.resize(block.size() + count);
  return block.data() + (block.size() - count);
}

/// Appends the records of a group to `to`. Returns where the next group begins.
const double* MemorySink::append(const double* group, std::vector<Record>& to) const {
  const auto step = static_cast<std::size_t>(group[0]), form = static_cast<std::size_t>(group[1]);
  const double* next = group + head;
  for (const Form& f : forms_[form].records) {
    const double value = *next++;
    to.push_back({step + f.steps, f.quantity, f.layer, value, {next, f.bins}, f.low, f.high});
    next += f.bins;
  }
  return next;
}

}  // namespace gradflow
