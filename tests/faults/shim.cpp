// A library that is preloaded into a program (LD_PRELOAD). It makes file operations of the program fail, or kills the
// program before one of them. Environment variables choose the operation and the fault:
//   FAULT_FOLDER   counts only operations on files and folders below this folder
//   FAULT_OF       the operation: open, write, fsync, rename, close, unlink, truncate, mkdir; or any, for all of these
//   FAULT_AT       the number of the operation at which the fault happens, from 1; 0: no fault
//   FAULT_ON       1: the fault happens at all later operations, too
//   FAULT          kill (SIGKILL), short (a write of half the bytes succeeds), or the number of an errno (a failure)
//   FAULT_COUNT    a file; when the program ends by itself, the number of operations is written into it
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

std::atomic<long> operations = 0;

std::string setting(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

long number(const char* name) { return std::atol(setting(name).c_str()); }

template <class F>
F* real(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

bool is_ours(const std::string& path) {
  const std::string folder = setting("FAULT_FOLDER");
  return !folder.empty() && path.starts_with(folder);
}

bool is_ours(int descriptor) {
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = readlink(link.c_str(), path, sizeof path);
  return size > 0 && is_ours(std::string(path, static_cast<std::size_t>(size)));
}

enum class Fault { none, fails, is_short };

/// Counts this operation and returns its fault. Sets errno if the operation must fail. Kills the program if FAULT is
/// kill.
template <class What>
Fault fault_of(const char* operation, const What& what) {
  const std::string of = setting("FAULT_OF"), fault = setting("FAULT");
  if ((of != "any" && of != operation) || !is_ours(what)) return Fault::none;
  const long now = ++operations, at = number("FAULT_AT");
  if (at == 0 || (setting("FAULT_ON") == "1" ? now < at : now != at)) return Fault::none;
  if (fault == "kill") std::raise(SIGKILL);
  if (fault == "short") return Fault::is_short;
  errno = std::atoi(fault.c_str());
  return Fault::fails;
}

template <class What>
bool fails(const char* operation, const What& what) {
  return fault_of(operation, what) == Fault::fails;
}

/// Writes the number of operations into FAULT_COUNT when the program ends by itself.
struct Count {
  ~Count() {
    const std::string path = setting("FAULT_COUNT");
    if (path.empty()) return;
    if (std::FILE* const file = std::fopen(path.c_str(), "w")) {
      std::fprintf(file, "%ld\n", operations.load());
      std::fclose(file);
    }
  }
} count;

int open_real(const char* name, const char* path, int flags, mode_t mode) {
  if (fails("open", std::string(path))) return -1;
  return real<int(const char*, int, mode_t)>(name)(path, flags, mode);
}

mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_real("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_real("open64", path, flags, mode);
}

ssize_t write(int descriptor, const void* data, size_t size) {
  const Fault fault = fault_of("write", descriptor);
  if (fault == Fault::fails) return -1;
  if (fault == Fault::is_short) size = std::max<size_t>(1, size / 2);
  return real<ssize_t(int, const void*, size_t)>("write")(descriptor, data, size);
}

int fsync(int descriptor) { return fails("fsync", descriptor) ? -1 : real<int(int)>("fsync")(descriptor); }

int fdatasync(int descriptor) { return fails("fsync", descriptor) ? -1 : real<int(int)>("fdatasync")(descriptor); }

int close(int descriptor) {
  const bool failed = fails("close", descriptor);
  // As in Linux, the file is closed even if close() fails.
  const int code = errno, result = real<int(int)>("close")(descriptor);
  if (failed) errno = code;
  return failed ? -1 : result;
}

int rename(const char* from, const char* to) {
  return fails("rename", std::string(to)) ? -1 : real<int(const char*, const char*)>("rename")(from, to);
}

int unlink(const char* path) {
  return fails("unlink", std::string(path)) ? -1 : real<int(const char*)>("unlink")(path);
}

int remove(const char* path) {
  return fails("unlink", std::string(path)) ? -1 : real<int(const char*)>("remove")(path);
}

int ftruncate(int descriptor, off_t size) {
  return fails("truncate", descriptor) ? -1 : real<int(int, off_t)>("ftruncate")(descriptor, size);
}

int mkdir(const char* path, mode_t mode) {
  return fails("mkdir", std::string(path)) ? -1 : real<int(const char*, mode_t)>("mkdir")(path, mode);
}

}  // extern "C"
