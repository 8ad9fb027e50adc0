// Tests what a wrong formula is told: what is wrong, what is expected, and a caret under the place.
#include <gradflow/nn/formula.hpp>

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/nn/dense.hpp>

namespace gradflow {
namespace {

struct WrongFormula {
  const char* text;
  std::size_t column;
  std::string error;  // "..." stands for the list of functions
};

const std::vector<WrongFormula> wrong = {
    {"z*", 3, "got the end, expected a number, z, a function or '('"},
    {"z**2", 2, "got '*', expected an operator; write a power as z^2"},
    {"2z", 2, "got 'z', expected an operator before it; write a product as 2*z"},
    {"z z", 3, "got 'z', expected an operator before it; write a product as 2*z"},
    {"z(2)", 2, "got '(', expected an operator before it; write a product as z*(...)"},
    {"(z", 3, "got the end, expected ')' for the '(' in column 1"},
    {"z)", 2, "got ')', expected the end, because no '(' is open"},
    {"((z)", 5, "got the end, expected ')' for the '(' in column 1"},
    {"z+)", 3, "got ')', expected a number, z, a function or '('"},
    {"sigmod(z)", 1, "got 'sigmod', expected a function: ...; did you mean 'sigmoid'?"},
    {"sigmoid z", 9, "got 'z', expected '(' after sigmoid"},
    {"sigmoid(z", 10, "got the end, expected ')' for the '(' in column 8"},
    {"sigmoid()*z", 9, "got ')', expected a number, z, a function or '('"},
    {"sigmoid(z, 2)", 10, "got another argument, expected 1 for sigmoid"},
    {"max(z)", 6, "got 1 argument, expected 2 for max"},
    {"max(z, 1, 2)*z", 9, "got another argument, expected 2 for max"},
    {"select(z, 1, 2)", 8, "got a number, expected a condition such as z <= 0 as argument 1 of select"},
    {"select(z <= 0)", 14, "got 1 argument, expected 3 for select"},
    {"z <= 0", 1, "got a condition, expected a number; write a choice as select(z <= 0, a, b)"},
    {"z + (z <= 0)", 5, "got a condition, expected a number after '+'; write a choice as select(z <= 0, a, b)"},
    {"(z <= 0) + z", 1, "got a condition, expected a number before '+'"},
    {"-(z > 0)*z", 2, "got a condition, expected a number after '-'; write a choice as select(z <= 0, a, b)"},
    {"!z", 2, "got a number, expected a condition such as z <= 0 after '!'"},
    {"z & z > 0", 1, "got a number, expected a condition such as z <= 0 before '&'"},
    {"z > 0 & z", 9, "got a number, expected a condition such as z <= 0 after '&'"},
    {"select(z > 0 && z < 1, 1, z)", 14, "got '&', expected a condition; join two conditions by one &"},
    {"select(z > 0 || z < 1, 1, z)", 14, "got '|', expected a condition; join two conditions by one |"},
    {"select(0 < z < 1, 1, z)", 14, "got '<', expected one comparison; write 0 < z & z < 1"},
    {"select(z = 0, 1, z)", 10,
     "got '=', expected a comparison; write == to compare; write a parameter after the formula: formula(z*b, b=2)"},
    {"z <= 0 ? 0 : z", 8, "got '?', expected an operator or the end; write a choice as select(z <= 0, a, b)"},
    {"if (z <= 0) 0 else z", 1, "got 'if', expected a function: ...; write select(z <= 0, a, b)"},
    {"x*sigmoid(x)", 1, "got 'x', expected z, pi, or a function with its '('; write z"},
    {"Z*2 + z", 1, "got 'Z', expected z, pi, or a function with its '('; write z"},
    {"b*z", 1, "got 'b', expected z, pi, or a function with its '('; give the parameter a value: formula(b*z, b=1)"},
    {"formula(b*z, c=1)", 9, "got 'b', expected z, pi, c, or a function with its '('; did you mean 'c'?"},
    {"formula(z*2, b=1)", 14, "got parameter 'b', expected only parameters that the formula uses"},
    {"formula(z*b, b=1, b=2)", 19, "got 'b', expected each parameter once"},
    {"formula(z, z=1)", 12, "got 'z', expected another name; z and pi are reserved"},
    {"formula(b*z, b=x)", 16, "got 'x', expected a number"},
    {"formula(b*z, 2)", 14, "got '2', expected a parameter such as b=1"},
    {"formula()", 9, "got ')', expected a number, z, a function or '('"},
    {"formula(z*b, b=1", 1, "got 'formula', expected a function: ...; put the whole text inside formula(...)"},
    {"2^z", 3, "got an exponent with z, expected a constant; write 2^z as exp(z*log(2))"},
    {"z^(1/0)", 5, "got inf, expected a constant in [-1e30, 1e30]"},
    {"1/0*z", 2, "got inf, expected a constant in [-1e30, 1e30]"},
    {"z*1e31", 3, "got 1e+31, expected a constant in [-1e30, 1e30]"},
    {"z*10^40", 5, "got 1e+40, expected a constant in [-1e30, 1e30]"},
    {"z^2000", 3, "got 2000, expected an exponent in [-1000, 1000]"},
    {"1.2.3*z", 1, "got '1.2.3', expected a number such as 0.5"},
    {"z*1e", 4, "got 'e', expected an operator before it; write a product as 2*z"},
    {"z*.", 3, "got '.', expected a number such as 0.5"},
    {"ln(z)", 1, "got 'ln', expected a function: ...; write log(z)"},
    {"erf(z)", 1, "got 'erf', expected a function: ...; write 1 - erfc(z)"},
    {"relu(z)^2", 1, "got 'relu', expected a function: ...; write max(z, 0)"},
    {"e^z", 1, "got 'e', expected z, pi, or a function with its '('; write exp(z)"},
    {"pow(z, 2)", 1, "got 'pow', expected a function: ...; write z^2"},
    {"z,2", 2, "got ',', expected an operator or the end; write 0.5, not 0,5"},
    {"z*[2]", 3, "got '[', expected a number, z, a function or '('; write ( instead"},
    {"z·2", 2, "got '·', expected an operator or the end; write + - * / ^ in ASCII"},
    {"z − 1", 3, "got '−', expected an operator or the end; write + - * / ^ in ASCII"},
    {"clamp(z, 1, -1)", 13, "got -1, expected an upper limit of at least 1"},
    {"clamp(z, z, 1)", 10, "got a limit with z, expected a constant; use min and max"},
    {"sin*z", 4, "got '*', expected '(' after sin"},
    {"pi(z)", 3, "got '(', expected an operator before it; write a product as z*(...)"},
    {"formula(tanh)", 13, "got ')', expected '(' after tanh"},
    {"tanh(z", 7, "got the end, expected ')' for the '(' in column 5"},
    {"tahn(z)", 1, "got 'tahn', expected a function: ...; did you mean 'tanh'?"},
    {"1e400*z", 1, "got inf, expected a constant in [-1e30, 1e30]"},
    {"select(z<=0,0,z)z", 17, "got 'z', expected an operator before it; write a product as 2*z"},
    {"z+*2", 3, "got '*', expected a number, z, a function or '('"},
};

std::string error_of(const std::string& text) {
  try {
    dense(text, 1, 1);
    return "no error";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST(FormulaErrors, ShowThePlaceAndWhatToType) {
  const std::string functions = "abs clamp cos erfc exp expm1 log log1p max min select sigmoid sin softplus sqrt tanh";
  for (auto [text, column, error] : wrong) {
    if (const std::size_t dots = error.find("function: ..."); dots != error.npos)
      error.replace(dots + 10, 3, functions);
    EXPECT_EQ(error_of(text), "activation: column " + std::to_string(column) + ": " + error + "\n  " + text + "\n  " +
                                  std::string(column - 1, ' ') + "^");
  }
  EXPECT_GE(wrong.size(), 60u);
}

TEST(FormulaErrors, TheColumnCountsCharacters) {
  try {
    Formula("z*(2·z)");
    FAIL();
  } catch (const FormulaError& error) {
    EXPECT_EQ(error.column(), 5u);
  }
  EXPECT_NE(error_of("z*\xce\xb1 + z").find("\n    ^"), std::string::npos);
  EXPECT_TRUE(error_of("formula(z*·, b=x)").ends_with("\n  " + std::string(15, ' ') + "^"));
  EXPECT_NE(error_of("z + 2·z").find("\n       ^"), std::string::npos);
}

TEST(FormulaErrors, OfALongFormulaShowThePartAroundThePlace) {
  std::string text = "z";
  for (int i = 0; i < 60; ++i) text += " + z";
  const std::string cut = error_of(text + " + y + " + text);
  const std::size_t line = cut.find("\n  ..."), caret = cut.rfind("\n  ");
  ASSERT_NE(line, cut.npos) << cut;
  EXPECT_EQ(cut[line + (cut.size() - 1 - caret)], 'y') << cut;
  EXPECT_LT(cut.size(), 400u);
}

TEST(FormulaErrors, AnAbsurdTextEndsSoon) {
  EXPECT_NE(error_of("z*" + std::string(2000, '(')).find("at most 1000"), std::string::npos);
  EXPECT_NE(error_of("z*" + std::string(400, '(')).find("levels"), std::string::npos);
  EXPECT_NE(error_of("z" + std::string(400, '-') + "z").find("levels"), std::string::npos);
  std::string sum = "z", deep = "z";
  for (int i = 0; i < 200; ++i) sum += "+z";
  EXPECT_NE(error_of(sum).find("levels"), std::string::npos);
  for (int i = 0; i < 90; ++i) deep = "sin(" + deep + ")";
  EXPECT_EQ(error_of(deep), "no error");
  for (int i = 0; i < 20; ++i) deep = "sin(" + deep + ")";
  EXPECT_NE(error_of(deep).find("levels"), std::string::npos);
  for (const char c : {'\xbe', 'b', '7', '.'})  // also half a character, again and again
    EXPECT_LT(error_of("z*(" + std::string(900, c) + ",").size(), 700u) << c;
  EXPECT_NE(error_of("z + \x01" + std::string(5, '\0')).find("z + ??????"), std::string::npos);
}

}  // namespace
}  // namespace gradflow
