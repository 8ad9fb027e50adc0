#pragma once
// What tests of the pages share: those that need one, and what a page has for its script to draw.
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

inline std::string data_of(const std::string& page) {
  constexpr std::string_view before = "<script type=\"application/json\" id=\"data\">";
  const std::size_t begin = page.find(before) + before.size();
  return page.substr(begin, page.find("</script", begin) - begin);
}

}  // namespace gradflow
