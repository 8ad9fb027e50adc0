#pragma once
// Shared by the tests of the pages: a fixture that is skipped in builds without D3, and the JSON data of a page.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <gradflow/report/report.hpp>

namespace gradflow {

class PageTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_write_reports()) GTEST_SKIP() << "built without D3";
  }
};

/// Returns the JSON text that the page's script draws.
inline std::string data_of(const std::string& page) {
  constexpr std::string_view before = "<script type=\"application/json\" id=\"data\">";
  const std::size_t begin = page.find(before) + before.size();
  return page.substr(begin, page.find("</script", begin) - begin);
}

}  // namespace gradflow
