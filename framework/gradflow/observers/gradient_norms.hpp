#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/log/sink.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// Which steps GradientNorms measures.
struct GradientNormsOptions {
  /// Steps from one measurement to the next. The last step is measured too, unless the run is stopped early.
  std::size_t every = 50;
};

/// Writes the L2 norms of a step's gradients, layer by layer. Each block of parameters gives one record:
/// "weight_gradient_norm", "bias_gradient_norm", or "gain_gradient_norm" for a block "gain". "delta_norm" is the norm
/// of dL/dz over the batch. Calls Sink::write() once per measured step. Allocates in the first measured step only.
template <class T = float>
class GradientNorms final : public Observer<T> {
 public:
  /// The sink is kept by reference. Throws ValueError if `every` is 0.
  explicit GradientNorms(Sink& sink, GradientNormsOptions options = {});

  Next on_gradients(const Step<T>& step) override;
  void visit_state(StateVisitor& state, const Network<T>&) override { sink_.visit_state(state); }

 private:
  void begin(const Network<T>& network);
  std::string_view quantity(std::string_view block);

  Sink& sink_;
  std::size_t every_;
  const Network<T>* network_ = nullptr;  // the network that records_ describes
  std::vector<Record> records_;
  std::map<std::string, std::string, std::less<>> quantities_;  // names of the records, by block
};

extern template class GradientNorms<float>;
extern template class GradientNorms<double>;

}  // namespace gradflow
