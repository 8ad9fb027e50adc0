#pragma once
// A child process with pipes for its input and output.
#include <array>
#include <csignal>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/file.hpp>

namespace gradflow {

/// Runs a program whose standard input and output are pipes. The destructor kills the program if it still runs.
class Process {
 public:
  explicit Process(const std::vector<std::string>& command) {
    std::signal(SIGPIPE, SIG_IGN);  // send() returns false if the program has ended
    std::array<int, 2> to{}, from{};
    if (pipe2(to.data(), O_CLOEXEC) != 0 || pipe2(from.data(), O_CLOEXEC) != 0) throw_system_error("process", "pipe");
    pid_ = fork();
    if (pid_ < 0) throw_system_error("process", "fork");
    if (pid_ == 0) execute(command, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    input_ = to[1];
    output_ = from[0];
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    close_input();
    close_output();
    if (pid_ > 0) {
      kill(SIGKILL);
      wait();
    }
  }

  bool send(std::string_view text) const { return detail::write_all(input_, text); }
  void close_input() { close_once(input_); }
  void close_output() { close_once(output_); }
  void kill(int signal) const { ::kill(pid_, signal); }

  /// Waits for `lines` lines of output and returns them. Returns fewer if the program ends, or writes nothing for ten
  /// seconds.
  std::string receive(std::size_t lines) {
    constexpr int patience = 10000;  // ms
    std::string text;
    char buffer[1 << 12];
    while (lines > 0) {
      pollfd waiting{output_, POLLIN, 0};
      if (poll(&waiting, 1, patience) <= 0) return text + "(silence)";
      const ssize_t size = read(output_, buffer, sizeof buffer);
      if (size <= 0) return text;
      for (const char c : std::string_view(buffer, static_cast<std::size_t>(size))) lines -= c == '\n' && lines > 0;
      text.append(buffer, static_cast<std::size_t>(size));
    }
    return text;
  }

  /// Returns the exit code, or 128 + the signal that ended the program. Kills the program after 30 seconds.
  int wait() {
    int status = 0;
    for (int looks = 0; waitpid(pid_, &status, WNOHANG) == 0; ++looks) {
      if (looks == 3000) kill(SIGKILL);
      usleep(10000);
    }
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  /// Returns the peak memory of the program so far, in kB.
  long peak_memory() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string word; status >> word;)
      if (long size = 0; word == "VmHWM:" && status >> size) return size;
    return 0;
  }

 private:
  [[noreturn]] static void execute(const std::vector<std::string>& command, int input, int output) {
    for (const int number : {SIGINT, SIGTERM, SIGPIPE}) std::signal(number, SIG_DFL);
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  static void close_once(int& descriptor) {
    if (descriptor >= 0) close(descriptor);
    descriptor = -1;
  }

  pid_t pid_ = 0;
  int input_ = -1, output_ = -1;
};

}  // namespace gradflow
