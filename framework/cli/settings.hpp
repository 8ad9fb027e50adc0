#pragma once
// What compare and train can be told, and how: one list for both.
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

  bool same_widths = false;  ///< networks by --activations and --depth; else by --activation and --layers

  std::string seeds = "1";
  std::size_t threads = 0;
  std::size_t log_every = 0;  ///< 0: log-spaced
  bool report = false;
  bool cure = false;
  bool measure = true;  ///< what becomes of the gradient after the first step
  std::string output;
  bool overwrite = false;
  bool quiet = false;

  bool onnx = false;         ///< models in that form, too
  bool checkpoints = false;  ///< of a command that can take up its runs again; and it keeps their models
  bool resume = false;       ///< continue from them
  bool extend = false;       ///< make a run longer also where its schedule depends on the length
  double checkpoint_seconds = 60;
  std::size_t checkpoint_steps = 0;         ///< if not 0, in place of seconds
  std::vector<std::string> arguments = {};  ///< the command as it was typed, for the checkpoints
};

/// The name of a run on this data set: a file's name without folder and ending, or a name without its parameters.
std::string dataset_title(const Settings& settings);

/// The data sets that have a name: those in datasets/, Fashion-MNIST, and the toys.
std::vector<std::string_view> dataset_names();
/// A path, not a name.
bool is_file(std::string_view dataset);
bool is_toy(std::string_view dataset);

void add_data_options(Options& options, Settings& settings);
void add_training_options(Options& options, Settings& settings);
void add_run_options(Options& options, Settings& settings, const std::string& default_output);

/// Parts of these two, for commands that do with less: training without --init; seeds and threads; output and quiet.
void add_optimization_options(Options& options, Settings& settings);
void add_crew_options(Options& options, Settings& settings);
void add_output_options(Options& options, Settings& settings, const std::string& files,
                        const std::string& default_output);

std::vector<std::uint64_t> seeds_of(const Settings& settings);
