#pragma once
// A terminal without a screen.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace gradflow {

/// A terminal of 60 columns, and what was written to it. TERM becomes xterm.
class Terminal {
 public:
  Terminal() : screen_(posix_openpt(O_RDWR | O_NOCTTY)) {
    setenv("TERM", "xterm", 1);
    grantpt(screen_);
    unlockpt(screen_);
    const winsize size = {24, 60, 0, 0};
    ioctl(screen_, TIOCSWINSZ, &size);
    file_ = std::fopen(ptsname(screen_), "w");
    fcntl(screen_, F_SETFL, O_NONBLOCK);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    std::fclose(file_);
    close(screen_);
  }
  std::FILE* file() const { return file_; }
  /// Since the last call; "\r\n" as "\n".
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
  std::FILE* file_;
};

}  // namespace gradflow
