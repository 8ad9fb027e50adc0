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
  /// Steps from one measurement to the next; the last step of a run that is not stopped early is measured too.
  std::size_t every = 50;
};

/// The L2 norms of a step's gradients, layer by layer: for each block of parameters "weight_gradient_norm",
/// "bias_gradient_norm" (a block "gain" gives "gain_gradient_norm"), and "delta_norm", that of dL/dz over the batch.
/// One write() a step. Allocates in the first step that it measures only.
template <class T = float>
class GradientNorms final : public Observer<T> {
 public:
  /// The sink is kept by reference. Throws ValueError where every is 0.
  explicit GradientNorms(Sink& sink, GradientNormsOptions options = {});

  Next on_gradients(const Step<T>& step) override;
  void visit_state(StateVisitor& state, const Network<T>&) override { sink_.visit_state(state); }

 private:
  void begin(const Network<T>& network);
  std::string_view quantity(std::string_view block);

  Sink& sink_;
  std::size_t every_;
  const Network<T>* network_ = nullptr;  // that the records are made for
  std::vector<Record> records_;
  std::map<std::string, std::string, std::less<>> quantities_;  // by block
};

extern template class GradientNorms<float>;
extern template class GradientNorms<double>;

}  // namespace gradflow
