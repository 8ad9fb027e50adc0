#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gradflow/log/sink.hpp>
#include <gradflow/train/observer.hpp>

namespace gradflow {

/// Which steps Histograms measures, and how finely.
struct HistogramsOptions {
  std::size_t every = 100;  ///< steps from one measurement to the next; the last step of a run is measured too
  std::size_t bins = 30;    ///< of each histogram: at least 1
};

/// How numbers are spread, layer by layer: for each block of parameters "weights" and "weight_gradients", "biases" and
/// "bias_gradients" (a block "gain" gives "gains" and "gain_gradients"), and "activations", the layer's outputs over
/// the batch. A record has the numbers' mean, and their shares in equal bins from the smallest to the largest; numbers
/// that are not finite are left out. One write() a step: for TensorBoardSink, or any other. Before the update, when
/// parameters and gradients belong together.
template <class T = float>
class Histograms final : public Observer<T> {
 public:
  /// The sink is kept by reference. Throws ValueError where every or bins is 0.
  explicit Histograms(Sink& sink, HistogramsOptions options = {});

  Next on_gradients(const Step<T>& step) override;
  void visit_state(StateVisitor& state, const Network<T>&) override { sink_.visit_state(state); }

 private:
  void add(std::size_t step, std::string_view quantity, std::size_t layer, std::span<const T> numbers);
  std::string_view name(std::string_view block, const char* ending);

  Sink& sink_;
  HistogramsOptions options_;
  std::vector<Record> records_;
  std::vector<std::vector<double>> shares_;  // of as many of the records
  std::map<std::string, std::string, std::less<>> names_;
};

extern template class Histograms<float>;
extern template class Histograms<double>;

}  // namespace gradflow
