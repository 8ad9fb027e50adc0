#include <gradflow/report/page.hpp>

#include <stdexcept>
#include <string_view>

#include <nlohmann/json.hpp>

#if defined(GRADFLOW_D3)

// The assembler includes each file unchanged. A string literal would be too long: a compiler may refuse such a size.
#define GRADFLOW_EMBED(name, path) \
  asm(".pushsection .rodata\n"     \
      "gradflow_" #name            \
      "_begin:\n"                  \
      ".incbin \"" path            \
      "\"\n"                       \
      "gradflow_" #name            \
      "_end:\n"                    \
      ".byte 0\n"                  \
      ".popsection\n");            \
  extern "C" const char gradflow_##name##_begin[], gradflow_##name##_end[]

GRADFLOW_EMBED(d3, GRADFLOW_D3);
GRADFLOW_EMBED(frame, GRADFLOW_PAGES "/page.html");
GRADFLOW_EMBED(style, GRADFLOW_PAGES "/page.css");
GRADFLOW_EMBED(chart, GRADFLOW_PAGES "/chart.js");
GRADFLOW_EMBED(run_body, GRADFLOW_PAGES "/run.html");
GRADFLOW_EMBED(run_script, GRADFLOW_PAGES "/run.js");
GRADFLOW_EMBED(gallery_body, GRADFLOW_PAGES "/gallery.html");
GRADFLOW_EMBED(gallery_script, GRADFLOW_PAGES "/gallery.js");
GRADFLOW_EMBED(sweep_body, GRADFLOW_PAGES "/sweep.html");
GRADFLOW_EMBED(sweep_script, GRADFLOW_PAGES "/sweep.js");

#define GRADFLOW_EMBEDDED(name) \
  std::string_view { gradflow_##name##_begin, gradflow_##name##_end }

#else

#define GRADFLOW_EMBEDDED(name) \
  std::string_view {}

#endif

namespace gradflow::detail {
namespace {

struct PageParts {
  std::string_view body, script;
};

PageParts parts_of(Page page) {
  switch (page) {
    case Page::run:
      return {GRADFLOW_EMBEDDED(run_body), GRADFLOW_EMBEDDED(run_script)};
    case Page::gallery:
      return {GRADFLOW_EMBEDDED(gallery_body), GRADFLOW_EMBEDDED(gallery_script)};
    case Page::sweep:
      return {GRADFLOW_EMBEDDED(sweep_body), GRADFLOW_EMBEDDED(sweep_script)};
  }
  return {};
}

/// Escapes every '<'. Otherwise "</script" inside a JSON text would end the script element.
std::string without_tags(const std::string& json) {
  std::string out;
  for (const char c : json) out += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return out;
}

/// Returns the frame with each word replaced by its text. The frame must contain each word once, in the order of
/// `texts`. The texts themselves are not searched, so they may contain such words.
std::string filled(std::string_view frame, const std::vector<std::pair<std::string_view, std::string_view>>& texts) {
  std::string page;
  for (const auto& [word, text] : texts) {
    const std::size_t at = frame.find(word);
    page += frame.substr(0, at);
    page += text;
    frame.remove_prefix(at + word.size());
  }
  return page.append(frame);
}

}  // namespace

bool has_pages() { return !GRADFLOW_EMBEDDED(frame).empty(); }

std::string make_page(Page page, const PageHead& head, std::string data) {
  if (!has_pages())
    throw std::runtime_error("report: this build has no D3; apt-get install node-d3, then configure and build again");
  using Json = nlohmann::ordered_json;
  const Json more = {{"title", head.title},
                     {"version", "gradflow " GRADFLOW_VERSION},
                     {"command", head.command},
                     {"settings", head.settings}};
  data.back() = ',';  // replaces the brace that closes the object
  data += more.dump(-1, ' ', false, Json::error_handler_t::replace).substr(1);
  const auto [body, script] = parts_of(page);
  return filled(GRADFLOW_EMBEDDED(frame), {{"@STYLE@", GRADFLOW_EMBEDDED(style)},
                                           {"@BODY@", body},
                                           {"@D3@", GRADFLOW_EMBEDDED(d3)},
                                           {"@DATA@", without_tags(data)},
                                           {"@CHART@", GRADFLOW_EMBEDDED(chart)},
                                           {"@SCRIPT@", script}});
}

}  // namespace gradflow::detail
