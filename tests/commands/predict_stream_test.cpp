// The command predict with files and pipes: output files, rows that arrive one by one, signals, memory.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <support/files.hpp>
#include <support/predict.hpp>
#include <support/process.hpp>
#include <support/text.hpp>

namespace gradflow {
namespace {

using PredictStream = Predict;

TEST_F(PredictStream, WritesAFileWholeOrNotAtAll) {
  save_sum(sum_of_a_and_b);
  EXPECT_EQ(run("m.safetensors --output o.csv", "a,b\n1,2\n").out, "");
  EXPECT_EQ(text_of_file(folder.file("o.csv")), "value\n3\n");
  EXPECT_EQ(run("m.safetensors --output o.csv", "a,b\n5,6\nx,6\n").code, 1);
  EXPECT_EQ(text_of_file(folder.file("o.csv")), "value\n3\n");
  EXPECT_EQ(run("m.safetensors --output absent/o.csv", "a,b\n1,2\n").err,
            "gradflow predict: absent/o.csv: cannot write: No such file or directory\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 5);  // model, in, out, err, o.csv
}

TEST_F(PredictStream, SaysWhatTheSystemSaysOfItsOutput) {
  save_sum(sum_of_a_and_b);
  for (const char* redirect : {">/dev/full", ">&-"}) {
    const Result result = run("m.safetensors", "a,b\n1,2\n", redirect);
    EXPECT_EQ(result.code, 1) << redirect;
    EXPECT_EQ(result.err.find("gradflow predict: standard output: cannot write: "), 0U) << result.err;
  }
}

TEST_F(PredictStream, AnswersBeforeItWaitsForMore) {
  save_sum(sum_of_a_and_b);
  Process process({program(), "predict", folder.file("m.safetensors")});
  process.send("a,b\n");
  EXPECT_EQ(process.receive(1), "value\n");
  process.send("1,2\n3,");
  EXPECT_EQ(process.receive(1), "3\n");
  process.send("4\r");
  EXPECT_EQ(process.receive(1), "7\n");
  process.send("\n5,6\n7,8");
  EXPECT_EQ(process.receive(1), "11\n");
  process.close_input();
  EXPECT_EQ(process.receive(1), "15\n");
  EXPECT_EQ(process.wait(), 0);
}

TEST_F(PredictStream, EndsQuietlyWhereNobodyReadsOn) {
  save_sum(sum_of_a_and_b);
  Process process({program(), "predict", folder.file("m.safetensors")});
  process.send("a,b\n1,2\n");
  EXPECT_EQ(process.receive(2), "value\n3\n");
  process.close_output();
  process.send("1,2\n");
  EXPECT_EQ(process.wait(), 128 + SIGPIPE);
}

TEST_F(PredictStream, EndsAtOnceByCtrlC) {
  save_sum(sum_of_a_and_b);
  for (const int number : {SIGINT, SIGTERM}) {
    Process process({program(), "predict", folder.file("m.safetensors")});
    process.send("a,b\n1,2\n");
    EXPECT_EQ(process.receive(2), "value\n3\n");
    process.kill(number);
    EXPECT_EQ(process.wait(), 128 + number);
  }
}

TEST_F(PredictStream, LeavesNothingBehindAfterCtrlC) {
  save_sum(sum_of_a_and_b);
  const auto files = [&] { return std::distance(std::filesystem::directory_iterator(folder.path()), {}); };
  Process process({program(), "predict", folder.file("m.safetensors"), "--output", folder.file("o.csv")});
  process.send("a,b\n1,2\n");
  for (int looks = 0; looks < 1000 && files() < 2; ++looks) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(files(), 2);
  process.kill(SIGINT);
  EXPECT_EQ(process.wait(), 128 + SIGINT);
  EXPECT_EQ(files(), 1);
}

/// Skipped with sanitizers, because they use memory of their own.
TEST_F(PredictStream, TakesNoMoreMemoryForMoreRows) {
  if (text_of_file(program()).find("san_init") != std::string::npos) GTEST_SKIP() << "built with a sanitizer";
  save_sum(sum_of_a_and_b);
  Process process({program(), "predict", folder.file("m.safetensors")});
  process.send("a,b\n");
  process.receive(1);
  std::string piece;
  for (int i = 0; i < 2000; ++i) piece += "0.123456789,0.987654321\n";
  const auto answer = [&](int pieces) {
    bool answered = true;
    for (int i = 0; i < pieces && answered; ++i)
      answered = process.send(piece) && lines_of(process.receive(2000)).size() == 2000;
    EXPECT_TRUE(answered);
    return process.peak_memory();
  };
  const long few = answer(5), many = answer(95);
  EXPECT_GT(few, 0);
  EXPECT_LE(many, few + 500);
}

}  // namespace
}  // namespace gradflow
