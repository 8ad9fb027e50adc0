#pragma once
// The frame that all pages share. A page is one file that needs no other file.
#include <string>
#include <utility>
#include <vector>

namespace gradflow::detail {

/// The kinds of page. Each has its own body NAME.html and script NAME.js.
enum class Page { run, gallery, sweep };

/// Returns false in a build without D3.
bool has_pages();

/// Title, command line and settings of a page, as plain text.
struct PageHead {
  std::string title, command;
  std::vector<std::pair<std::string, std::string>> settings;
};

/// Returns the whole page as HTML. data: the text of the JSON object that the page's script draws; must not be empty.
/// The members of the head are added to this object. Throws std::runtime_error in a build without D3.
std::string make_page(Page page, const PageHead& head, std::string data);

}  // namespace gradflow::detail
