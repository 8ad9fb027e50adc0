#include <gradflow/check/check_optimizer.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <check/wrong_lines.hpp>
#include <gradflow/base/errors.hpp>
#include <gradflow/optim/optimizers.hpp>

namespace gradflow {
namespace {

using Lines = std::vector<std::string>;
const std::string constant = "a constant gradient moves all tensors alike";
const std::string direction = "a step goes against the gradient";
const std::string rate_of_zero = "a learning rate of 0 moves nothing";
const std::string quadratic = "steps reduce a quadratic loss";
const std::string order = "the order of the tensors does not matter";
const std::string one_tensor = "several tensors move like one tensor";
const std::string alone = "no parameter depends on other parameters";
const std::string shaped = "gradient_scale and clip_value are applied";
const std::string reset = "reset() forgets the earlier steps";
const std::string restore = "restore() continues where another optimiser stopped";
const std::string read_only = "a step leaves the gradients unchanged";

CheckReport checked(const std::string& text) {
  return check_optimizer([text] { return make_optimizer<double>(text); });
}

TEST(CheckOptimizer, HoldsForEveryRuleOfTheList) {
  for_each_type(Optimizers{}, [](const auto& rule) {
    const CheckReport report = check_optimizer(rule);
    EXPECT_TRUE(report.passed()) << report.text();
    EXPECT_EQ(report.subject, "optimiser " + std::string(rule.name));
  });
}

TEST(CheckOptimizer, HoldsForTheirMomentumAndDecay) {
  for (const std::string text :
       {"sgd(momentum=0.9)", "sgd(momentum=0.9, nesterov=1, weight_decay=0.1)", "adagrad(weight_decay=0.1)",
        "rmsprop(momentum=0.9, weight_decay=0.1)", "adam(weight_decay=0.1)", "adamw(weight_decay=0.5)"})
    EXPECT_TRUE(checked(text).passed()) << checked(text).text();
}

struct SignSgd {
  static constexpr std::string_view name = "sign_sgd";
  double learning_rate = 1e-3;
  std::size_t buffers() const { return 0; }
  auto update(double rate, double /*t*/) const {
    return [=](auto& w, auto g) { w -= rate * g / (abs(g) + 1e-12); };
  }
};

TEST(CheckOptimizer, HoldsForARuleOfTheUsersOwn) {
  EXPECT_TRUE(check_optimizer<SignSgd>().passed()) << check_optimizer<SignSgd>().text();
}

struct L1Sgd {
  static constexpr std::string_view name = "l1_sgd";
  double learning_rate = 1e-2;
  std::size_t buffers() const { return 0; }
  auto update(double rate, double /*t*/) const {
    return [=](auto& w, auto g) {
      using V = std::decay_t<decltype(g)>;
      w -= rate * (g + 1e-3 * select(w > 0, V(1), select(w < 0, V(-1), V(0))));
    };
  }
};

TEST(CheckOptimizer, HoldsForAPullThatIsChosenBySelect) {
  EXPECT_TRUE(check_optimizer<L1Sgd>().passed()) << check_optimizer<L1Sgd>().text();
}

/// The L1 penalty pulls every lane in the direction of the first lane.
struct L1ByTheFirstLane {
  static constexpr std::string_view name = "l1_by_the_first_lane";
  double learning_rate = 1e-2;
  std::size_t buffers() const { return 0; }
  auto update(double rate, double /*t*/) const {
    return [=](auto& w, auto g) { w -= rate * (g + 1e-3 * (w.first() > 0 ? 1.0 : -1.0)); };
  }
};

/// If the gradient of any lane is large, those of all lanes are made smaller.
struct CutByAnyLane {
  static constexpr std::string_view name = "cut_by_any_lane";
  double learning_rate = 1e-2;
  std::size_t buffers() const { return 0; }
  auto update(double rate, double /*t*/) const {
    return [=](auto& w, auto g) { w -= rate * (any(abs(g) > 1000) ? 0.1 * g : g); };
  }
};

TEST(CheckOptimizer, CatchesLanesThatDecideForOthers) {
  EXPECT_FALSE(line_of(check_optimizer<L1ByTheFirstLane>(), alone).passed());
  const CheckReport report = check_optimizer<CutByAnyLane>();
  EXPECT_EQ(wrong_lines(report), Lines{alone}) << "it is right if no gradient is large\n" << report.text();
  EXPECT_NE(line_of(report, alone).worst.find(", tensor "), std::string::npos);
}

TEST(CheckOptimizer, RefusesToCheckNothing) {
  EXPECT_THROW(check_optimizer([] { return std::unique_ptr<Optimizer<double>>(); }), ValueError);
  EXPECT_THROW(check_optimizer(SgdRule{}, {.steps = 1}), ValueError);
  EXPECT_THROW(check_optimizer(SgdRule{}, {.tensors = {5}}), ValueError);
  EXPECT_THROW(check_optimizer(SgdRule{}, {.tensors = {5, 0}}), ValueError);
}

TEST(CheckOptimizer, CatchesARateThatDiverges) {
  EXPECT_EQ(wrong_lines(checked("sgd(learning_rate=2.1)")), Lines{quadratic});
  EXPECT_TRUE(checked("sgd(learning_rate=1.9)").passed());
}

/// A correct momentum optimiser that works tensor by tensor. Each class below derives from it and adds one fault.
class PlainMomentum : public Optimizer<double> {
 public:
  PlainMomentum() : Optimizer<double>(0.01, 1) {}
  std::string_view name() const override { return "plain_momentum"; }
  std::string describe() const override { return "plain_momentum"; }

 protected:
  void update(std::span<double> w, std::span<const double> g, const StepOptions& options) override {
    const Range whole{0, w.size()};
    const auto tensors = options.ranges.empty() ? std::span(&whole, 1) : options.ranges;
    begin_step();
    for (const Range tensor : tensors) {
      begin_tensor();
      for (std::size_t i = tensor.begin; i < tensor.begin + tensor.size; ++i)
        w[i] -= rate() * moved(velocity(i, tensor), shaped(g[i], options));
    }
  }
  virtual void begin_step() {}
  virtual void begin_tensor() {}
  virtual double rate() { return learning_rate; }
  virtual double& velocity(std::size_t i, Range) { return mutable_state(0)[i]; }
  virtual double moved(double& velocity, double g) { return velocity = 0.9 * velocity + g; }
  virtual double shaped(double g, const StepOptions& options) {
    return std::clamp(options.gradient_scale * g, -options.clip_value, options.clip_value);
  }
};

template <class Faulty>
CheckReport check_of() {
  return check_optimizer([] { return std::make_unique<Faulty>(); });
}

TEST(CheckOptimizer, HoldsForAnOptimizerThatGoesTensorByTensor) {
  EXPECT_TRUE(check_of<PlainMomentum>().passed()) << check_of<PlainMomentum>().text();
}

/// Adam's bias correction, 1 / (1 - 0.9^t). Its t counts tensors instead of steps.
class CountsTensors : public PlainMomentum {
  void begin_tensor() override { ++t_; }
  double rate() override { return learning_rate * 0.1 / (1 - std::pow(0.9, t_)); }
  double t_ = 0;
};

TEST(CheckOptimizer, CatchesACounterThatAdvancesPerTensorAndNamesTheTensor) {
  const CheckReport report = check_of<CountsTensors>();
  EXPECT_EQ(wrong_lines(report), (Lines{constant, order, one_tensor, reset, restore})) << report.text();
  const Check check = line_of(report, constant);
  EXPECT_EQ(check.worst, "step 1, tensor 3, index 0");
  EXPECT_NEAR(check.expected, -0.005, 1e-12) << "the first tensor's step";
  EXPECT_NEAR(check.got, -0.005 * 0.1 / (1 - std::pow(0.9, 4)), 1e-12) << "the fourth tensor's step";
}

/// The correction is right, but its t is not part of the state.
class KeepsItsOwnCounter : public PlainMomentum {
  void begin_step() override { ++t_; }
  double rate() override { return learning_rate * 0.1 / (1 - std::pow(0.9, t_)); }
  double t_ = 0;
};

TEST(CheckOptimizer, CatchesACounterThatOutlivesAReset) {
  EXPECT_EQ(wrong_lines(check_of<KeepsItsOwnCounter>()), (Lines{reset, restore}));
}

/// All tensors share one velocity: biases use that of the weights.
class SharesVelocity : public PlainMomentum {
  double& velocity(std::size_t i, Range tensor) override { return mutable_state(0)[i - tensor.begin]; }
};

TEST(CheckOptimizer, CatchesTensorsThatShareTheirState) {
  const CheckReport report = check_of<SharesVelocity>();
  EXPECT_EQ(wrong_lines(report), (Lines{constant, direction, order, one_tensor, alone})) << report.text();
  EXPECT_NE(line_of(report, constant).worst.find(", tensor "), std::string::npos);
}

class Climbs : public PlainMomentum {
  double rate() override { return -learning_rate; }
};

TEST(CheckOptimizer, CatchesAWrongSign) {
  const CheckReport report = check_of<Climbs>();
  EXPECT_EQ(wrong_lines(report), (Lines{direction, quadratic})) << report.text();
  EXPECT_EQ(line_of(report, direction).worst.find("at step 1, tensor 0, index 0 a gradient of "), 0u);
  EXPECT_NE(line_of(report, quadratic).worst.find(" times its first value"), std::string::npos);
}

class FixedRate : public PlainMomentum {
  double rate() override { return 0.01; }
};

TEST(CheckOptimizer, CatchesARateThatNoScheduleCanChange) {
  EXPECT_EQ(wrong_lines(check_of<FixedRate>()), Lines{rate_of_zero});
}

class NeverClips : public PlainMomentum {
  double shaped(double g, const StepOptions&) override { return g; }
};

TEST(CheckOptimizer, CatchesOneThatDoesNotClip) { EXPECT_EQ(wrong_lines(check_of<NeverClips>()), Lines{shaped}); }

class WritesGradients : public PlainMomentum {
  void update(std::span<double> w, std::span<const double> g, const StepOptions& options) override {
    const_cast<double&>(g[5]) *= 0.5;
    PlainMomentum::update(w, g, options);
  }
};

TEST(CheckOptimizer, CatchesOneThatWritesToTheGradients) {
  const CheckReport report = check_of<WritesGradients>();
  const Check check = line_of(report, read_only);
  EXPECT_FALSE(check.passed());
  EXPECT_EQ(check.worst, "step 1, tensor 0, index 5");
  EXPECT_EQ(check.got, check.expected / 2);
}

/// Keeps the velocity outside the state, so that reset() and restoring the state do not change it.
class LosesItsState : public PlainMomentum {
  double& velocity(std::size_t i, Range) override {
    own_.resize(std::max(own_.size(), i + 1));
    return own_[i];
  }
  std::vector<double> own_;
};

TEST(CheckOptimizer, CatchesAStateThatIsNotInTheBuffers) {
  EXPECT_EQ(wrong_lines(check_of<LosesItsState>()), (Lines{reset, restore}));
}

}  // namespace
}  // namespace gradflow
