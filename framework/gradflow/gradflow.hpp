#pragma once
// The public API on one page, in the order in which data pass through it.
#include <gradflow/base/errors.hpp>
#include <gradflow/base/random.hpp>
#include <gradflow/math/matrix_view.hpp>
#include <gradflow/math/tensor.hpp>
#include <gradflow/math/threads.hpp>

#include <gradflow/data/batches.hpp>
#include <gradflow/data/csv.hpp>
#include <gradflow/data/csv_features.hpp>
#include <gradflow/data/dataset.hpp>
#include <gradflow/data/fashion_mnist.hpp>
#include <gradflow/data/idx.hpp>
#include <gradflow/data/npy.hpp>
#include <gradflow/data/scaling.hpp>
#include <gradflow/data/toy.hpp>

#include <gradflow/nn/activate.hpp>
#include <gradflow/nn/activations.hpp>
#include <gradflow/nn/dense.hpp>
#include <gradflow/nn/dropout.hpp>
#include <gradflow/nn/formula.hpp>
#include <gradflow/nn/initializers.hpp>
#include <gradflow/nn/layer_kinds.hpp>
#include <gradflow/nn/losses.hpp>
#include <gradflow/nn/moments.hpp>
#include <gradflow/nn/network.hpp>
#include <gradflow/nn/norms.hpp>
#include <gradflow/nn/prelu.hpp>
#include <gradflow/nn/skip.hpp>

#include <gradflow/optim/clipping.hpp>
#include <gradflow/optim/optimizers.hpp>
#include <gradflow/optim/parameter_groups.hpp>
#include <gradflow/optim/schedules.hpp>

#include <gradflow/log/console_sink.hpp>
#include <gradflow/log/csv_sink.hpp>
#include <gradflow/log/json_lines_sink.hpp>
#include <gradflow/log/memory_sink.hpp>
#include <gradflow/log/tensorboard_sink.hpp>

#include <gradflow/flow/diagnosis.hpp>
#include <gradflow/flow/finding.hpp>
#include <gradflow/flow/gradient_bound.hpp>
#include <gradflow/flow/gradient_flow.hpp>
#include <gradflow/flow/layer_flow.hpp>
#include <gradflow/flow/predicted_factor.hpp>
#include <gradflow/flow/theory.hpp>
#include <gradflow/flow/verdict.hpp>

#include <gradflow/check/check_activation.hpp>
#include <gradflow/check/check_initializer.hpp>
#include <gradflow/check/check_loss.hpp>
#include <gradflow/check/check_optimizer.hpp>
#include <gradflow/check/gradient_check.hpp>

#include <gradflow/train/metrics.hpp>
#include <gradflow/train/trainer.hpp>

#include <gradflow/observers/early_stopping.hpp>
#include <gradflow/observers/flow_history.hpp>
#include <gradflow/observers/gradient_norms.hpp>
#include <gradflow/observers/histograms.hpp>
#include <gradflow/observers/interrupt.hpp>
#include <gradflow/observers/live_flow.hpp>
#include <gradflow/observers/loss_log.hpp>
#include <gradflow/observers/progress_bar.hpp>

#include <gradflow/io/checkpoints.hpp>
#include <gradflow/io/model.hpp>
#include <gradflow/io/onnx.hpp>
#include <gradflow/io/safetensors.hpp>

#include <gradflow/report/gallery.hpp>
#include <gradflow/report/report.hpp>
#include <gradflow/report/sweep_map.hpp>
