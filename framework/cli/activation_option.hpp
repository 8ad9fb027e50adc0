#pragma once
// The options that name activations: policies of the library, and formulas.
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/nn/formula.hpp>

#include <cli/command_line.hpp>

/// Returns a check for an option whose value is an activation of the list or a formula.
template <class List>
std::function<void(const std::string&)> activation_of(List list) {
  return [list](const std::string& text) {
    gradflow::activation_by_name<bool>(list, text,
                                       [](const auto& policy) { return gradflow::check_parameters(policy), true; });
  };
}

/// Returns the part of a help text that says what an activation can be. It ends with the names of the list.
template <class List>
std::string activation_choices(List list) {
  return "a name, with or without parameters (tanh, \"leaky_relu(slope=0.01)\"), or a formula in z "
         "(\"z*sigmoid(1.7*z)\"). Names: " +
         choices(list);
}

/// Returns the text of an activation as results and reports show it. Spellings of one formula, such as "z * 2" and
/// "(z)*2", have the same text.
std::string canonical_activation(std::string_view text);

/// Returns the activations of a list, each as canonical_activation() returns it. Throws UsageError, which begins with
/// the option's name, if two are the same.
std::vector<std::string> activations_of(std::string_view option, std::string_view list);

/// Checks each formula among the activations with check_activation(), and prints a line on stderr about what would harm
/// a network: no slope, NaN, a jump, lost digits. Takes some milliseconds for each formula.
void print_formula_findings(const std::vector<std::string>& activations);
