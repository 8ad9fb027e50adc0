#include <gradflow/report/page.hpp>

#if defined(GRADFLOW_PAGE)

// The assembler takes the file as it is: a string literal of its size is more than a compiler has to accept.
asm(".pushsection .rodata\n"
    "gradflow_page_begin:\n"
    ".incbin \"" GRADFLOW_PAGE
    "\"\n"
    "gradflow_page_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" const char gradflow_page_begin[], gradflow_page_end[];

namespace gradflow {

std::string_view detail::page() { return {gradflow_page_begin, gradflow_page_end}; }

}  // namespace gradflow

#else

namespace gradflow {

std::string_view detail::page() { return {}; }

}  // namespace gradflow

#endif
