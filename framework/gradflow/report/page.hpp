#pragma once
// What the pages have in common: the frame and its parts, put together into one file that needs no other.
#include <string>
#include <utility>
#include <vector>

namespace gradflow::detail {

/// Each with a body and a script of its own, NAME.html and NAME.js.
enum class Page { run, gallery, sweep };

/// False in a build without D3.
bool has_pages();

/// What a page says of itself. Title and command are plain text.
struct PageHead {
  std::string title, command;
  std::vector<std::pair<std::string, std::string>> settings;
};

/// The whole page. data: the JSON object that its script draws, as text; the head is added to its members. Throws
/// std::runtime_error without D3.
std::string make_page(Page page, const PageHead& head, std::string data);

}  // namespace gradflow::detail
