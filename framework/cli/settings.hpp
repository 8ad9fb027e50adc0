#pragma once
// The settings that compare, train and sweep share, and the options that set them.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <cli/command_line.hpp>

struct Settings {
  std::string dataset = "digits";
  std::size_t samples = 1000;
  double noise = 0.1;
  std::string targets;  ///< the file of the targets, if the data set is a .npy file
  std::string label;
  std::string target = "classes";
  char separator = ',';
  bool no_header = false;
  double validation = 0.2;
  std::string scale = "auto";

  std::string init = "auto";
  std::string loss = "auto";
  std::string class_weights = "none";
  std::string optimizer = "sgd";
  double learning_rate = 0.03;
  bool learning_rate_given = false;
  std::string schedule = "constant";
  std::size_t batch_size = 32;
  std::size_t epochs = 30;
  std::size_t steps = 0;
  double clip_norm = std::numeric_limits<double>::infinity();
  double clip_value = std::numeric_limits<double>::infinity();
  std::size_t patience = 0;

  bool same_widths = false;  ///< true: options --activations and --depth; false: --activation and --layers

  std::string seeds = "1";
  std::size_t threads = 0;
  std::size_t log_every = 0;  ///< 0: log-spaced
  bool report = false;
  bool cure = false;
  bool measure = true;  ///< whether to measure the gradient flow during the run
  std::string output;
  bool tensorboard = false;  ///< also write the measured numbers as events for TensorBoard
  bool overwrite = false;
  bool quiet = false;

  bool onnx = false;         ///< also write models in ONNX format
  bool checkpoints = false;  ///< write checkpoints and models: the command can resume its runs
  bool resume = false;       ///< continue from the checkpoints
  bool extend = false;       ///< allow a longer run even if its schedule depends on the length
  double checkpoint_seconds = 60;
  std::size_t checkpoint_steps = 0;         ///< if not 0, used instead of seconds
  std::vector<std::string> arguments = {};  ///< the arguments that were typed, stored in the checkpoints
};

/// Returns a short name of the data set: a file's name without folder and ending, or a data set's name without its
/// parameters.
std::string dataset_title(const Settings& settings);

/// Returns the names of the known data sets: those in datasets/, Fashion-MNIST, and the toys.
std::vector<std::string_view> dataset_names();
/// Whether the text is the path of a file, not the name of a data set.
bool is_file(std::string_view dataset);
/// Whether the text is the path of a .npy file. All other files are CSV files.
bool is_npy(std::string_view path);
bool is_toy(std::string_view dataset);

void add_data_options(Options& options, Settings& settings);
void add_training_options(Options& options, Settings& settings);
void add_run_options(Options& options, Settings& settings, const std::string& default_output);

/// Throws UsageError, which begins with the option, unless the build can do what the option asks for.
void require_protobuf(const std::string& option, bool can_write);

/// Parts of add_training_options() and add_run_options(), for commands with fewer options. In order: training without
/// --init; seeds and threads; output folder and --quiet.
void add_optimization_options(Options& options, Settings& settings);
void add_crew_options(Options& options, Settings& settings);
void add_output_options(Options& options, Settings& settings, const std::string& files,
                        const std::string& default_output);

std::vector<std::uint64_t> seeds_of(const Settings& settings);
