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
  std::size_t bins = 30;    ///< bins of each histogram, at least 1
};

/// Writes histograms of parameters, gradients and outputs, layer by layer. The records are "weights" and
/// "weight_gradients", "biases" and "bias_gradients", and for a block "gain" the records "gains" and "gain_gradients".
/// "activations" are the layer's outputs over the batch. A record has the mean of the numbers, and their shares in
/// equal bins from the smallest number to the largest. Numbers that are not finite are left out. Calls Sink::write()
/// once per measured step, with any sink (TensorBoardSink draws histograms). Measures before the update, while
/// parameters and gradients belong to the same step.
template <class T = float>
class Histograms final : public Observer<T> {
 public:
  /// The sink is kept by reference. Throws ValueError if `every` or `bins` is 0.
  explicit Histograms(Sink& sink, HistogramsOptions options = {});

  Next on_gradients(const Step<T>& step) override;
  void visit_state(StateVisitor& state, const Network<T>&) override { sink_.visit_state(state); }

 private:
  void add(std::size_t step, std::string_view quantity, std::size_t layer, std::span<const T> numbers);
  std::string_view name(std::string_view block, const char* ending);

  Sink& sink_;
  HistogramsOptions options_;
  std::vector<Record> records_;
  std::vector<std::vector<double>> shares_;  // the bins of records_[i] are in shares_[i]
  std::map<std::string, std::string, std::less<>> names_;
};

extern template class Histograms<float>;
extern template class Histograms<double>;

}  // namespace gradflow
