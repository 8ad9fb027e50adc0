#pragma once
// Runs the command `predict` in a temporary folder.
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <support/files.hpp>
#include <support/text.hpp>

#include <gradflow/io/model.hpp>
#include <gradflow/nn/dense.hpp>

namespace gradflow {

using Words = std::vector<std::string>;

/// Splits a CSV line at its commas. The line must have no quotes.
inline Words split_line(std::string_view line) {
  Words words(1);
  for (const char c : line)
    if (c == ',')
      words.emplace_back();
    else
      words.back() += c;
  return words;
}

class Predict : public testing::Test {
 protected:
  struct Result {
    int code;
    std::string out, err;
  };

  void SetUp() override {
#if !defined(GRADFLOW_PROGRAM)
    GTEST_SKIP() << "needs the program gradflow";
#endif
  }

  static std::string program() {
#if defined(GRADFLOW_PROGRAM)
    return GRADFLOW_PROGRAM;
#else
    return {};
#endif
  }

  /// Runs predict through a shell in the folder. `redirect` is the shell redirection of its output.
  Result run(const std::string& arguments, std::string_view input = {}, const std::string& redirect = ">out.txt") {
    folder.write("in.txt", input);
    folder.write("out.txt", "");
    const std::string command =
        "cd " + folder.path() + " && " + program() + " predict " + arguments + " <in.txt 2>err.txt " + redirect;
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), text_of_file(folder.file("out.txt")), text_of_file(folder.file("err.txt"))};
  }

  /// Saves a model with two inputs and one output, their sum. With a loss and class names in `info` the model is a
  /// classifier; otherwise, it predicts values.
  void save_sum(const ModelInfo& info) {
    Network<float> network{dense("identity", 2, 1)};
    network.parameters()[0] = network.parameters()[1] = 1;
    save_model(folder.file("m.safetensors"), network, info);
  }

  TemporaryFolder folder;
};

inline const ModelInfo sum_of_a_and_b{.feature_names = {"a", "b"}};

}  // namespace gradflow
