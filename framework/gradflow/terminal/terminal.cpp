#include <gradflow/terminal/terminal.hpp>

#include <cstdlib>
#include <string_view>

#include <unistd.h>

namespace gradflow {

bool is_capable_terminal(std::FILE* file) {
  const char* const type = std::getenv("TERM");
  return isatty(fileno(file)) != 0 && type != nullptr && std::string_view(type) != "dumb";
}

bool colours_are_wanted() {
  const char* const refusal = std::getenv("NO_COLOR");
  return refusal == nullptr || *refusal == '\0';
}

}  // namespace gradflow
