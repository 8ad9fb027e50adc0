#include <gradflow/terminal/locale.hpp>

#include <cstdlib>

#include <gtest/gtest.h>

namespace gradflow {
namespace {

TEST(Locale, TheFirstVariableThatIsSetDecides) {
  const auto is_utf8 = [](const char* all, const char* ctype, const char* lang) {
    setenv("LC_ALL", all, 1);
    setenv("LC_CTYPE", ctype, 1);
    setenv("LANG", lang, 1);
    return locale_is_utf8();
  };
  EXPECT_TRUE(is_utf8("", "", "en_GB.UTF-8"));
  EXPECT_TRUE(is_utf8("C.utf8", "C", "C"));
  EXPECT_FALSE(is_utf8("C", "C.UTF-8", "C.UTF-8"));
  EXPECT_FALSE(is_utf8("", "de_DE.ISO-8859-1", "C.UTF-8"));
  EXPECT_FALSE(is_utf8("", "", ""));
}

}  // namespace
}  // namespace gradflow
