#include "row_store.hpp"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <gradflow/base/errors.hpp>

using namespace gradflow;

namespace {

constexpr std::size_t piece = 1 << 16;  // bytes that are written and read at once

}  // namespace

RowStore::RowStore(std::string folder, std::vector<CsvColumn> columns)
    : folder_(std::move(folder)), columns_(std::move(columns)) {}

RowStore::~RowStore() {
  if (descriptor_ >= 0) close(descriptor_);
}

void RowStore::write_records(std::span<const Record> records) {
  if (error_ != 0) return;
  for (const Record& record : records)
    if (record.bins.empty()) append_csv(buffer_, columns_, record);
  if (buffer_.size() >= piece) flush();
}

void RowStore::flush() {
  if (descriptor_ < 0) {
    std::string name = folder_ + "/.rows-XXXXXX";
    descriptor_ = mkostemp(name.data(), O_CLOEXEC);
    if (descriptor_ >= 0) unlink(name.c_str());
  }
  if (descriptor_ < 0 || !detail::write_all(descriptor_, buffer_)) error_ = errno;
  buffer_.clear();
}

void RowStore::copy_to(const WriteText& write, const std::string& path) {
  std::string text(piece, '\0');
  ssize_t size = 0;
  if (descriptor_ >= 0)
    for (off_t at = 0; error_ == 0 && (size = pread(descriptor_, text.data(), text.size(), at)) > 0; at += size)
      write(std::string_view(text).substr(0, static_cast<std::size_t>(size)));
  if (error_ == 0 && size == 0) return write(buffer_);
  if (error_ != 0) errno = error_;
  throw_system_error(path, "cannot write");
}
