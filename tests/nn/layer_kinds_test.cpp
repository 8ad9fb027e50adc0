#include <gradflow/nn/layer_kinds.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/layers.hpp>
#include <support/matrices.hpp>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

/// All layers of layer_cases(); a residual block gives its parts.
template <class T>
std::vector<LayerPtr<T>> all_layers() {
  std::vector<LayerPtr<T>> layers;
  for (const auto& kind : test::layer_cases<T>()) {
    const LayerPtr<T> layer = kind.make(5);
    const auto parts = layer->parts();
    if (parts.empty()) layers.push_back(layer);
    layers.insert(layers.end(), parts.begin(), parts.end());
  }
  return layers;
}

void expect_same_blocks(std::span<const ParameterBlock> got, std::span<const ParameterBlock> expected) {
  const auto equal = [](const ParameterBlock& a, const ParameterBlock& b) {
    return std::tie(a.name, a.offset, a.rows, a.columns) == std::tie(b.name, b.offset, b.rows, b.columns);
  };
  EXPECT_TRUE(std::ranges::equal(got, expected, equal));
}

template <class T>
void expect_same_layer(const Layer<T>& got, const Layer<T>& expected) {
  SCOPED_TRACE(expected.describe());
  EXPECT_EQ(got.describe(), expected.describe());
  EXPECT_EQ(got.inputs(), expected.inputs());
  EXPECT_EQ(got.outputs(), expected.outputs());
  EXPECT_EQ(got.recipe().kind, expected.recipe().kind);
  EXPECT_EQ(got.recipe().options, expected.recipe().options);
  EXPECT_EQ(got.back(), expected.back());
  EXPECT_EQ(got.is_random(), expected.is_random());
  const auto activation_of = [](const Layer<T>& layer) { return layer.activation() ? layer.activation()->name : ""; };
  EXPECT_EQ(activation_of(got), activation_of(expected));
  expect_same_blocks(got.blocks(), expected.blocks());
  expect_same_blocks(got.state_blocks(), expected.state_blocks());
}

/// A layer of a user, with an option of each type: a = factor x + 1, or a = factor x.
template <class T>
class Line final : public Layer<T> {
 public:
  Line(std::size_t width, double factor, bool through_origin, std::string unit)
      : width_(width), factor_(factor), through_origin_(through_origin), unit_(std::move(unit)) {}

  std::size_t inputs() const override { return width_; }
  std::size_t outputs() const override { return width_; }
  std::string describe() const override { return "line in " + unit_; }
  LayerRecipe recipe() const override {
    return {"users_line", {{"factor", factor_}, {"through_origin", through_origin_}, {"unit", unit_}}};
  }
  void forward(std::span<const T>, const Matrix<T>& x, Trace<T>& trace) const override {
    trace.a = static_cast<T>(factor_) * x + T(through_origin_ ? 0 : 1);
  }
  void backward(std::span<const T>, const Matrix<T>&, Trace<T>& trace, std::span<T>,
                Matrix<T>* x_delta) const override {
    if (x_delta) *x_delta = static_cast<T>(factor_) * trace.delta;
  }

  static LayerPtr<T> make(const LayerPlan& plan) {
    return std::make_shared<const Line>(plan.outputs, plan.number("factor"), plan.flag("through_origin"),
                                        plan.text("unit"));
  }

 private:
  std::size_t width_;
  double factor_;
  bool through_origin_;
  std::string unit_;
};

template <class T>
class LayerKinds : public testing::Test {
 protected:
  template <class Error>
  static std::string refusal(const LayerPlan& plan) {
    return message_of<Error>([&] { make_layer<T>(plan); });
  }
};
using Numbers = testing::Types<float, double>;
TYPED_TEST_SUITE(LayerKinds, Numbers);

TYPED_TEST(LayerKinds, MakeEveryLayerAgainFromItsPlan) {
  for (const auto& layer : all_layers<TypeParam>()) {
    const auto made = make_layer<TypeParam>(plan_of(*layer));
    expect_same_layer(*made, *layer);
    expect_same_layer(*make_layer<TypeParam>(plan_of(*made)), *layer);
  }
  const auto wide = dense<Relu, TypeParam>(2, 7, {.bias = false});
  expect_same_layer(*make_layer<TypeParam>(plan_of(*wide)), *wide);
}

TYPED_TEST(LayerKinds, AreAllAmongTheCasesOfTheTests) {
  const std::vector<std::string> expected = {"dense",      "activate", "layer_norm", "rms_norm",
                                             "batch_norm", "dropout",  "prelu",      "skip"};
  std::vector<std::string> kinds = layer_kinds<TypeParam>();
  std::erase_if(kinds, [](const std::string& kind) { return kind.starts_with("users_"); });  // of other tests
  EXPECT_EQ(kinds, expected);
  std::set<std::string> covered;
  for (const auto& layer : all_layers<TypeParam>()) covered.insert(layer->recipe().kind);
  EXPECT_EQ(covered, std::set<std::string>(expected.begin(), expected.end()));
}

TYPED_TEST(LayerKinds, NameAnUnknownKindAndTheNearestOne) {
  const std::string message = this->template refusal<NameError>({{"layer_nrom", {}}, 5, 5});
  EXPECT_EQ(message.find("layer kind: got 'layer_nrom', expected one of: dense activate layer_norm rms_norm batch_norm "
                         "dropout prelu skip"),
            0u)
      << message;
  EXPECT_TRUE(message.ends_with("; did you mean 'layer_norm'?")) << message;
  EXPECT_THROW(make_layer<TypeParam>({{}, 5, 5}), NameError) << "a layer without a recipe";
}

TYPED_TEST(LayerKinds, NameAnOptionThatIsMissingOrOfAnotherType) {
  const auto refused = [this](const LayerPlan& plan) { return this->template refusal<NameError>(plan); };
  EXPECT_EQ(refused({{"layer_norm", {}}, 5, 5}), "layer_norm: eps: got none, expected a number");
  EXPECT_EQ(refused({{"dense", {{"activation", "tanh"}}}, 5, 5}), "dense: bias: got none, expected true or false");
  EXPECT_EQ(refused({{"dropout", {{"rate", true}}}, 5, 5}), "dropout: rate: got another type, expected a number");
  EXPECT_EQ(refused({{"activate", {{"activation", 1.0}}}, 5, 5}),
            "activate: activation: got another type, expected a text");
  for (const auto& layer : all_layers<TypeParam>())
    for (const auto& [name, option] : layer->recipe().options) {
      LayerPlan without = plan_of(*layer), other = without;
      without.options.erase(name);
      EXPECT_EQ(refused(without).find(without.kind + ": " + name + ": got none, expected "), 0u) << refused(without);
      if (std::holds_alternative<bool>(option))
        other.options[name] = "true";
      else
        other.options[name] = true;
      EXPECT_EQ(refused(other).find(other.kind + ": " + name + ": got another type, expected "), 0u) << refused(other);
    }
}

TYPED_TEST(LayerKinds, NeedAWholeNumberOfLayersToSkip) {
  const auto skip_over = [](double back) { return LayerPlan{{"skip", {{"back", back}, {"scale", 1.0}}}, 5, 5}; };
  EXPECT_EQ(make_layer<TypeParam>(skip_over(3))->back(), 3u);
  EXPECT_EQ(this->template refusal<NameError>(skip_over(1.5)),
            "skip: back: got 1.5, expected a whole number, at least 0");
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double back : {-1.0, 1e300, infinity, -infinity, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_EQ(this->template refusal<NameError>(skip_over(back)).find("skip: back: got "), 0u) << back;
  EXPECT_EQ(this->template refusal<ShapeError>(skip_over(0)), "skip 5, back=0: back: got 0, expected at least 1");
}

TYPED_TEST(LayerKinds, RefuseWidthsThatNoLayerHas) {
  for (const auto& layer : all_layers<TypeParam>()) {
    LayerPlan plan = plan_of(*layer);
    plan.inputs = plan.outputs = 0;
    EXPECT_THROW(make_layer<TypeParam>(plan), ShapeError) << layer->describe();
    if (plan.kind == "dense") continue;
    plan.inputs = 4;
    plan.outputs = 5;
    EXPECT_EQ(this->template refusal<ShapeError>(plan),
              plan.kind + ": outputs: got 5, expected 4, as many as the inputs");
  }
}

TYPED_TEST(LayerKinds, RefuseANumberOutsideItsRange) {
  EXPECT_EQ(this->template refusal<ValueError>({{"dropout", {{"rate", 1.0}}}, 5, 5}),
            "dropout: rate: got 1, expected a number in [0, 1)");
  EXPECT_THROW(make_layer<TypeParam>({{"rms_norm", {{"eps", -1.0}}}, 5, 5}), ValueError);
  EXPECT_THROW(make_layer<TypeParam>({{"batch_norm", {{"eps", 0.0}, {"momentum", 1.5}}}, 5, 5}), ValueError);
}

TYPED_TEST(LayerKinds, CanHaveAKindOfYourOwn) {
  using T = TypeParam;
  const Line<T> line(5, 0.5, false, "cm");
  register_layer<T>("users_line", Line<T>::make);
  const auto made = make_layer<T>(plan_of(line));
  expect_same_layer<T>(*made, line);
  const Network<T> network{made};
  EXPECT_EQ(network.predict(matrix<T>({{1, 2, 3, 4, 5}}))(0, 4), T(3.5));
  EXPECT_EQ(std::ranges::count(layer_kinds<T>(), "users_line"), 1);
  EXPECT_EQ(this->template refusal<NameError>({{"users_line", {{"factor", 1.0}, {"unit", "m"}}}, 5, 5}),
            "users_line: through_origin: got none, expected true or false");
}

TYPED_TEST(LayerKinds, ReplaceAKindOfYourOwnByALaterOne) {
  using T = TypeParam;
  register_layer<T>("users_block", [](const LayerPlan& plan) { return rms_norm<T>(plan.outputs); });
  EXPECT_EQ(make_layer<T>({{"users_block", {}}, 5, 5})->describe(), "rms_norm 5");
  register_layer<T>("users_block", [](const LayerPlan& plan) {  // a function that itself makes a layer by its kind
    return make_layer<T>({{"prelu", {{"slope", 0.25}, {"per_unit", false}}}, plan.inputs, plan.outputs});
  });
  EXPECT_EQ(make_layer<T>({{"users_block", {}}, 5, 5})->describe(), "prelu 5");
  EXPECT_EQ(std::ranges::count(layer_kinds<T>(), "users_block"), 1);
}

TYPED_TEST(LayerKinds, RefuseToBeReplacedByYourOwn) {
  using T = TypeParam;
  for (const std::string kind : {"", "dense", "skip"})
    EXPECT_EQ(
        message_of<NameError>([&] { register_layer<T>(kind, Line<T>::make); }),
        "register_layer: kind: got '" + kind + "', expected a name that is not empty and not one of the library's");
  EXPECT_EQ(message_of<NameError>([] { register_layer<T>("users_empty", {}); }),
            "register_layer: 'users_empty': got an empty function, expected a function that makes a layer");
  EXPECT_EQ(std::ranges::count(layer_kinds<T>(), "users_empty"), 0);
}

TEST(LayerKindsOfOneType, DoNotExistForAnother) {
  register_layer<float>("users_float", Line<float>::make);
  register_layer<double>("users_double", Line<double>::make);
  EXPECT_EQ(std::ranges::count(layer_kinds<double>(), "users_float"), 0);
  EXPECT_EQ(std::ranges::count(layer_kinds<>(), "users_double"), 0);
  const LayerPlan plan{{"users_float", {{"factor", 1.0}, {"through_origin", true}, {"unit", "m"}}}, 5, 5};
  EXPECT_EQ(make_layer(plan)->describe(), "line in m");
  EXPECT_THROW(make_layer<double>(plan), NameError);
}

TEST(LayerKindsOfYourOwn, FollowTheLibrarysInAlphabeticOrder) {
  for (const char* const kind : {"users_b", "users_a", "users_c"}) register_layer<float>(kind, Line<float>::make);
  const std::vector<std::string> kinds = layer_kinds();
  EXPECT_EQ(kinds[7], "skip");
  EXPECT_TRUE(std::ranges::is_sorted(kinds.begin() + 8, kinds.end()));
}

}  // namespace
}  // namespace gradflow
