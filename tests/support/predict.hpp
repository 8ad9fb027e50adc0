#pragma once
// The command predict at work in a folder of its own.
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

/// Of a line without quotes.
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
    GTEST_SKIP() << "needs the program";
#endif
  }

  static std::string program() {
#if defined(GRADFLOW_PROGRAM)
    return GRADFLOW_PROGRAM;
#else
    return {};
#endif
  }

  /// Through a shell, in the folder; what follows may send the output elsewhere.
  Result run(const std::string& arguments, std::string_view input = {}, const std::string& redirect = ">out.txt") {
    folder.write("in.txt", input);
    folder.write("out.txt", "");
    const std::string command =
        "cd " + folder.path() + " && " + program() + " predict " + arguments + " <in.txt 2>err.txt " + redirect;
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), text_of_file(folder.file("out.txt")), text_of_file(folder.file("err.txt"))};
  }

  /// A model of two inputs whose one output is their sum; of classes with a loss and names, else of values.
  void save_sum(const ModelInfo& info) {
    Network<float> network{dense("identity", 2, 1)};
    network.parameters()[0] = network.parameters()[1] = 1;
    save_model(folder.file("m.safetensors"), network, info);
  }

  TemporaryFolder folder;
};

inline const ModelInfo sum_of_a_and_b{.feature_names = {"a", "b"}};

}  // namespace gradflow
