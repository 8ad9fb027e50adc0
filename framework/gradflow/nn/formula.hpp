#pragma once
// An activation given as a formula: dense("z*sigmoid(1.7*z)", 2, 16). It gives the same numbers as a policy with this
// expression. framework/README.md describes the language of formulas.
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/nn/activations.hpp>
#include <gradflow/nn/formula_error.hpp>
#include <gradflow/nn/formula_syntax.hpp>

namespace gradflow {

/// An activation made of text, a policy like Tanh: dense<Formula>(2, 16, {.activation = Formula("z/(1 + abs(z))")}).
/// The text is an expression in z, or "formula(E, b=1.7, ...)" with an expression E that has parameters. An expression
/// may contain numbers, pi, z, + - * / and ^ with a constant exponent; abs, cos, erfc, exp, expm1, log, log1p, sigmoid,
/// sin, softplus, sqrt, tanh; max(a, b), min(a, b), clamp(a, low, high); select(condition, a, b), with conditions made
/// of < <= > >= == != & | !. Slope and curvature come from the rules of Dual; at a kink the slope is that of the left
/// piece, and 0 at both ends of clamp().
class Formula {
 public:
  static constexpr std::string_view name = "formula";

  /// f(z) = z
  Formula();
  /// Throws FormulaError for a text that is no formula, or whose parameters are not "name=number".
  explicit Formula(std::string_view text);

  /// Returns whether a text is meant as a formula, right or wrong. "formula(...)" is a formula. A name is not, with or
  /// without key=number in parentheses: it is meant as a policy of a list. Any other text is a formula if it contains
  /// z, or x and no '='.
  static bool is_meant(std::string_view text);

  /// The formula in its standard form, which reports and models show. Formula(text()) is the same activation.
  const std::string& text() const { return parts_->text; }
  /// The parameters, in the order of the text.
  const std::vector<Setting>& settings() const { return parts_->settings; }
  /// The expression as a tree, in which constant parts are numbers.
  const detail::FormulaNode& tree() const { return parts_->bound; }

  /// f(z). V: Lanes<float>, Lanes<double>, a Dual of one, or a Dual of such a Dual.
  template <class V>
  V value(const V& z) const;
  /// a holds z on entry and f(z) on return. T: float or double.
  template <class T>
  void sweep(std::span<T> a) const;
  /// Also writes f'(z) into slope. Throws ShapeError if the sizes of a and slope differ.
  template <class T>
  void sweep(std::span<T> a, std::span<T> slope) const;

 private:
  struct Sweeps;
  struct Parts {
    std::string text;
    std::vector<Setting> settings;
    detail::FormulaNode bound;
    std::shared_ptr<const Sweeps> sweeps;
  };

  std::shared_ptr<const Parts> parts_;  // shared by all copies
};

/// Returns the formula's text, which activation_by_name() reads back.
inline std::string describe(const Formula& formula) { return formula.text(); }

/// Returns the formula's parameters.
inline std::vector<Setting> settings_of(const Formula& formula) { return formula.settings(); }

/// Makes the activation from a text and returns visit(policy), where policy is one of the list or a Formula. Throws
/// NameError for a name that is not in the list, ValueError for a parameter outside its range, FormulaError for a wrong
/// formula.
template <class Result, class... Policies, class Visit>
Result activation_by_name(TypeList<Policies...> list, std::string_view text, Visit&& visit) {
  if (Formula::is_meant(text)) return visit(Formula(text));
  return by_name<Result>(list, "activation", text, std::forward<Visit>(visit));
}

}  // namespace gradflow
