// Runs `compare` with its defaults on every named data set. The words that describe a run must not contradict each
// other.
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <support/files.hpp>
#include <support/json.hpp>
#include <support/text.hpp>
#include <support/verdict_pairs.hpp>

namespace gradflow {
namespace {

std::vector<std::string> words_of(const Json& run) {
  std::vector<std::string> words = {"start: " + run["gradient_start"].text, "end: " + run["gradient_end"].text,
                                    "learning: " + run["learning"].text};
  for (const Json& finding : run["findings"].items) words.push_back("finding: " + finding["mechanism"].text);
  return words;
}

class Verdicts : public testing::TestWithParam<const char*> {
 protected:
  /// Runs compare on the data set and returns its exit code. The output is written into the folder.
  int compare(const std::string& dataset) const {
#if defined(GRADFLOW_PROGRAM)
    const std::string command = std::string(GRADFLOW_PROGRAM) + " compare --quiet --no-report --dataset " + dataset +
                                " --activations sigmoid,tanh,relu,gelu --output " + folder.file("out") + " >" +
                                folder.file("out.txt") + " 2>" + folder.file("err.txt");
    return WEXITSTATUS(std::system(command.c_str()));
#else
    return dataset.empty() ? 1 : 0;
#endif
  }

  TemporaryFolder folder;
};

TEST_P(Verdicts, DoNotContradictThemselves) {
#if !defined(GRADFLOW_PROGRAM)
  GTEST_SKIP() << "needs the program gradflow";
#endif
  const int code = compare(GetParam());
  if (text_of_file(folder.file("err.txt")).find("apt-get install dataset-fashion-mnist") != std::string::npos)
    GTEST_SKIP() << "needs dataset-fashion-mnist";
  ASSERT_EQ(code, 0) << text_of_file(folder.file("err.txt"));
  const Json summary = JsonReader::read(compact(text_of_file(folder.file("out/summary.json"))));
  const std::string said = text_of_file(folder.file("out.txt"));
  ASSERT_EQ(summary["runs"].size(), 4u);
  for (const Json& run : summary["runs"].items) {
    const auto words = words_of(run);
    EXPECT_EQ(test::contradictions(words), std::vector<std::string>{}) << run["activation"].text;
    EXPECT_GT(words.size(), 3u) << "expected at least one finding";
    const auto adjective = [&](const char* name) { return run[name].text == "none" ? "zero" : run[name].text; };
    const std::string headline = run["activation"].text + " (seed 1): " + adjective("gradient_start") +
                                 " at the start, " + adjective("gradient_end") + " at the end; " +
                                 run["learning"].text + ".\n";
    EXPECT_NE(said.find(headline), said.npos) << headline << said;
  }
}

INSTANTIATE_TEST_SUITE_P(OfEveryDataset, Verdicts,
                         testing::Values("digits", "iris", "wine", "breast_cancer", "diabetes", "fashion-mnist",
                                         "moons", "circles", "spirals", "xor", "blobs", "checkerboard", "sine"));

}  // namespace
}  // namespace gradflow
