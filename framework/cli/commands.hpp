#pragma once
// The commands of the program gradflow. Each has one file in commands/.
#include <memory>
#include <span>
#include <string_view>

#include <cli/command_line.hpp>

std::unique_ptr<Command> make_compare();
std::unique_ptr<Command> make_train();
std::unique_ptr<Command> make_predict();
std::unique_ptr<Command> make_sweep();
std::unique_ptr<Command> make_activations();
std::unique_ptr<Command> make_theory();

struct CommandEntry {
  std::string_view name;
  std::string_view about;  ///< one line
  std::unique_ptr<Command> (*make)();
};

inline constexpr CommandEntry all_commands[] = {
    {"compare", "Trains the same network with several activations and shows, layer by layer, where the gradient goes.",
     make_compare},
    {"train", "Trains one network and shows, layer by layer, where its gradient goes.", make_train},
    {"predict", "Predicts classes or values for the rows of a CSV file or a NumPy array with a trained model.",
     make_predict},
    {"sweep", "Trains every activation with every initialiser, depth and seed, and shows which networks train.",
     make_sweep},
    {"activations", "Draws activation functions and their slopes, and writes a page that shows all of them.",
     make_activations},
    {"theory", "Predicts the gradient of a network before training, and measures it.", make_theory}};
