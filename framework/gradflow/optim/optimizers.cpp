#include <gradflow/optim/optimizers.hpp>

namespace gradflow {

template class RuleOptimizer<SgdRule, float>;
template class RuleOptimizer<SgdRule, double>;
template class RuleOptimizer<AdagradRule, float>;
template class RuleOptimizer<AdagradRule, double>;
template class RuleOptimizer<RmsPropRule, float>;
template class RuleOptimizer<RmsPropRule, double>;
template class RuleOptimizer<AdamRule, float>;
template class RuleOptimizer<AdamRule, double>;
template class RuleOptimizer<AdamWRule, float>;
template class RuleOptimizer<AdamWRule, double>;

template <class T>
std::unique_ptr<Optimizer<T>> make_optimizer(std::string_view text) {
  return by_name<std::unique_ptr<Optimizer<T>>>(Optimizers{}, "optimizer", text, [](const auto& rule) {
    return std::make_unique<RuleOptimizer<std::decay_t<decltype(rule)>, T>>(rule);
  });
}

template std::unique_ptr<Optimizer<float>> make_optimizer(std::string_view);
template std::unique_ptr<Optimizer<double>> make_optimizer(std::string_view);

}  // namespace gradflow
