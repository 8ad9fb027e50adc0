#pragma once
// A pseudo-terminal for tests.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace gradflow {

/// A terminal of 60 columns and 24 rows that keeps the text written to it. Sets TERM to xterm. Converts to false if the
/// system has no pseudo-terminals, as in a bare chroot: if (!terminal) GTEST_SKIP() << Terminal::missing.
class Terminal {
 public:
  static constexpr const char* missing = "no pseudo-terminals here (/dev/pts)";

  Terminal() : screen_(posix_openpt(O_RDWR | O_NOCTTY)) {
    if (screen_ < 0 || grantpt(screen_) != 0 || unlockpt(screen_) != 0) return;
    setenv("TERM", "xterm", 1);
    resize(24, 60);
    file_ = std::fopen(ptsname(screen_), "w");
    fcntl(screen_, F_SETFL, O_NONBLOCK);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (file_) std::fclose(file_);
    if (screen_ >= 0) close(screen_);
  }
  explicit operator bool() const { return file_; }
  std::FILE* file() const { return file_; }
  void resize(unsigned short rows, unsigned short columns) const {
    const winsize size = {rows, columns, 0, 0};
    ioctl(screen_, TIOCSWINSZ, &size);
  }
  /// Returns the text written since the last call. "\r\n" becomes "\n".
  std::string text() const {
    std::string text;
    char c = 0;
    while (read(screen_, &c, 1) == 1) {
      if (c == '\n' && text.ends_with('\r')) text.pop_back();
      text += c;
    }
    return text;
  }

 private:
  int screen_;
  std::FILE* file_ = nullptr;
};

}  // namespace gradflow
