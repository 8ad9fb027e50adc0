#include <gradflow/optim/optimizers.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

template <class T>
class OptimizersByName : public testing::Test {};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(OptimizersByName, Numbers);

TYPED_TEST(OptimizersByName, EachIsReadBackFromItsDescription) {
  for_each_type(Optimizers{}, []<class Rule>(Rule rule) {
    EXPECT_EQ(make_optimizer<TypeParam>(Rule::name)->name(), Rule::name);
    EXPECT_EQ(make_optimizer<TypeParam>(Rule::name)->describe(), Rule::name);
    double value = 0.5;
    for (const Parameter<Rule>& parameter : Rule::parameters)
      parameter.member.set(rule, parameter.member.kind() == NumberKind::flag ? 1 : value += 0.01);
    const std::string text = RuleOptimizer<Rule, TypeParam>(rule).describe();
    EXPECT_NE(text.find("weight_decay="), text.npos) << text;
    EXPECT_EQ(make_optimizer<TypeParam>(text)->describe(), text);
  });
}

TYPED_TEST(OptimizersByName, TheNamedOneDoesWhatTheTypedOneDoes) {
  Adam<TypeParam> typed({.learning_rate = 0.01, .beta1 = 0.8});
  const auto named = make_optimizer<TypeParam>("adam(learning_rate=0.01, beta1=0.8)");
  std::vector<TypeParam> a{1, 2, 3}, b = a;
  const std::vector<TypeParam> g{1, -1, 5};
  for (int t = 0; t < 3; ++t) {
    typed.step(a, g);
    named->step(b, g);
  }
  EXPECT_EQ(a, b);
}

TEST(Optimizers, AreOfFloatUnlessToldOtherwise) {
  Adam adam({.learning_rate = 0.01});
  Sgd<double> sgd({.learning_rate = 0.1, .momentum = 0.9, .nesterov = true});
  const RmsProp rmsprop;
  EXPECT_TRUE((std::is_same_v<decltype(adam), Adam<float>>));
  EXPECT_TRUE((std::is_same_v<decltype(rmsprop), const RmsProp<float>>));
  EXPECT_EQ(adam.describe(), "adam(learning_rate=0.01)");
  EXPECT_EQ(sgd.describe(), "sgd(learning_rate=0.1, momentum=0.9, nesterov=1)");
}

TEST(Optimizers, DescribeTheLearningRateTheyHaveNow) {
  Adam adam;
  adam.learning_rate = 0.5;
  EXPECT_EQ(adam.describe(), "adam(learning_rate=0.5)");
}

TEST(Optimizers, RefuseHyperParametersOutOfRange) {
  EXPECT_THROW(Sgd({.learning_rate = -1}), ValueError);
  EXPECT_THROW(Adam({.learning_rate = std::nan("")}), ValueError);
  EXPECT_THROW(Adam({.learning_rate = std::numeric_limits<double>::infinity()}), ValueError);
  EXPECT_THROW(Adam({.beta1 = 1}), ValueError);
  EXPECT_THROW(AdamW({.weight_decay = -0.1}), ValueError);
  EXPECT_THROW(RmsProp({.alpha = 1.5}), ValueError);
  EXPECT_THROW(Adagrad({.epsilon = -1e-8}), ValueError);
  EXPECT_THROW(make_optimizer("sgd(learning_rate=-1)"), ValueError);
}

TEST(Optimizers, RefuseNesterovWithoutMomentum) {
  EXPECT_THROW(Sgd({.nesterov = true}), ValueError);
  EXPECT_THROW(make_optimizer("sgd(nesterov=true)"), ValueError);
}

TEST(Optimizers, NameTheChoicesWhereANameIsWrong) {
  try {
    make_optimizer("adan");
    FAIL();
  } catch (const NameError& error) {
    EXPECT_EQ(std::string(error.what()),
              "optimizer: got 'adan', expected one of: sgd adagrad rmsprop adam adamw; did you mean 'adam'?");
  }
  EXPECT_THROW(make_optimizer("adam(momentum=0.9)"), NameError);
}

/// A rule that a user might write. No parameter moves by more than the learning rate in a step.
struct BoundedSgd {
  static constexpr std::string_view name = "bounded_sgd";
  double learning_rate = 0.5;
  std::size_t buffers() const { return 0; }
  auto update(double rate, double /*t*/) const {
    return [=](auto& w, const auto& g) { w -= rate * g / (1 + abs(g)); };
  }
};

TYPED_TEST(OptimizersByName, ARuleOfTheUsersOwnIsUsedAtOnce) {
  RuleOptimizer<BoundedSgd, TypeParam> optimizer;
  std::vector<TypeParam> w{1, 1, 1};
  optimizer.step(w, std::vector<TypeParam>{3, -1, 0});
  EXPECT_EQ(w, (std::vector<TypeParam>{0.625, 1.25, 1}));
}

struct Forgetful : BoundedSgd {
  std::size_t buffers() const { return 1; }  // update() has no argument for it
};

TEST(Optimizers, RefuseARuleWhoseUpdateDoesNotTakeItsBuffers) {
  RuleOptimizer<Forgetful> optimizer;
  std::vector<float> w{1};
  EXPECT_THROW(optimizer.step(w, std::vector<float>{1}), ValueError);
}

}  // namespace
}  // namespace gradflow
