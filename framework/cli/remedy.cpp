#include <cli/remedy.hpp>

#include <memory>
#include <utility>

#include <fmt/format.h>

#include <gradflow/base/numbers.hpp>
#include <gradflow/nn/formula.hpp>

using namespace gradflow;

namespace {

double factor_of(const Remedy& remedy) { return parse_number(remedy.value).value(); }

std::size_t times(std::size_t number, const Remedy& remedy) {
  return static_cast<std::size_t>(static_cast<double>(number) * factor_of(remedy));
}

std::string policy_name(const std::string& text) {
  return Formula::is_meant(text) ? Formula(text).text() : parse_policy({}, text).name;
}

bool same_policy(const std::string& a, const std::string& b) { return policy_name(a) == policy_name(b); }

/// Returns the initialiser of the hidden layers with its parameters; "auto" is replaced by the initialiser that it
/// chooses.
std::string rule_of(const std::string& init, const std::string& activation) {
  const LayerPtr<float> layer = dense(activation, 1, 1);
  return init == AutoInit::name ? auto_choice(*layer->activation()).initializer->describe()
                                : make_initializer(init)->describe();
}

std::string option(const std::string& name, const std::string& value) { return name + " " + shell_word(value); }

std::string hidden_layers_option(const Settings& settings, const Candidate& candidate) {
  if (settings.same_widths) return option("--depth", std::to_string(candidate.widths.size()));
  return option("--layers", fmt::format("{}", fmt::join(candidate.widths, ",")));
}

}  // namespace

std::optional<Treatment> apply(const Remedy& remedy, const Settings& settings, const Candidate& candidate) {
  Treatment t{settings, candidate, {}};
  switch (remedy.lever) {
    case Lever::init:
      if (rule_of(remedy.value, candidate.activation) ==
          rule_of(candidate.init.empty() ? settings.init : candidate.init, candidate.activation))
        return {};
      t.candidate.init = remedy.value;
      t.option = option("--init", remedy.value);
      break;
    case Lever::activation:
      if (same_policy(candidate.activation, remedy.value)) return {};
      t.candidate.activation = remedy.value;
      t.option = option(settings.same_widths ? "--activations" : "--activation", remedy.value);
      break;
    case Lever::scale:
      if (settings.scale == remedy.value) return {};
      t.settings.scale = remedy.value;
      t.option = option("--scale", remedy.value);
      break;
    case Lever::optimizer:
      if (same_policy(settings.optimizer, remedy.value)) return {};
      t.settings.optimizer = remedy.value;
      t.settings.learning_rate_given = false;
      t.option = option("--optimizer", remedy.value);
      if (settings.learning_rate_given)
        t.option += fmt::format(" --learning-rate {:.6g}", make_optimizer(t.settings)->learning_rate);
      break;
    case Lever::learning_rate:
      t.settings.learning_rate = make_optimizer(settings)->learning_rate * factor_of(remedy);
      t.settings.learning_rate_given = true;
      t.option = fmt::format("--learning-rate {:.6g}", t.settings.learning_rate);
      break;
    case Lever::clip_norm:
      if (settings.clip_norm <= factor_of(remedy)) return {};
      t.settings.clip_norm = factor_of(remedy);
      t.option = option("--clip-norm", remedy.value);
      break;
    case Lever::depth:
      if (candidate.widths.size() < 2) return {};
      t.candidate.widths.resize(times(candidate.widths.size(), remedy));
      t.option = hidden_layers_option(settings, t.candidate);
      break;
    case Lever::steps:
      t.settings.epochs = times(settings.epochs, remedy);
      t.settings.steps = times(settings.steps, remedy);
      t.option = settings.steps > 0 ? fmt::format("--steps {}", t.settings.steps)
                                    : fmt::format("--epochs {}", t.settings.epochs);
      break;
  }
  return t;
}

void offer_remedies(std::vector<Finding>& findings, const Settings& settings, const Candidate& candidate) {
  for (Finding& finding : findings) {
    std::vector<Remedy> offered;
    for (Remedy& remedy : finding.remedies)
      if (const auto treatment = apply(remedy, settings, candidate)) {
        remedy.option = treatment->option;
        offered.push_back(std::move(remedy));
      }
    finding.remedies = std::move(offered);
  }
}
