#include <gradflow/base/append_file.hpp>

#include <cerrno>
#include <string>
#include <system_error>

#include <gtest/gtest.h>

#include <gradflow/base/errors.hpp>
#include <gradflow/base/state_values.hpp>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/full_disk.hpp>
#include <support/text.hpp>

namespace gradflow {
namespace {

TEST(AppendFile, KeepsOrEmptiesWhatThePathHas) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.csv", "old\n");
  EXPECT_TRUE(AppendFile(path, true).append("new\n"));
  EXPECT_EQ(text_of_file(path), "old\nnew\n");
  EXPECT_TRUE(AppendFile(path, false).append("new\n"));
  EXPECT_EQ(text_of_file(path), "new\n");
}

TEST(AppendFile, SizeIsThatOfTheFile) {
  const TemporaryFolder folder;
  AppendFile file(folder.write("a.csv", "old\n"), true);
  EXPECT_EQ(file.size(), 4u);
  EXPECT_TRUE(file.append("new one\n"));
  EXPECT_EQ(file.size(), 12u);
}

TEST(AppendFile, AnAppendThatFailsLeavesTheFileAsItWas) {
  const TemporaryFolder folder;
  AppendFile file(folder.file("a.csv"), false);
  EXPECT_TRUE(file.append("first\n"));
  {
    const FullDisk disk(10);
    EXPECT_FALSE(file.append("second\n"));
    EXPECT_EQ(errno, EFBIG);
  }
  EXPECT_EQ(text_of_file(folder.file("a.csv")), "first\n");
  EXPECT_TRUE(file.append("third\n"));
  EXPECT_EQ(text_of_file(folder.file("a.csv")), "first\nthird\n");
}

TEST(AppendFile, ThrowsIfThePathCannotBeWritten) {
  const TemporaryFolder folder;
  EXPECT_EQ(message_of<std::system_error>([&] { AppendFile(folder.file("no/a.csv"), false); }),
            folder.file("no/a.csv") + ": cannot write: No such file or directory");
}

TEST(AppendFile, AResumedRunLosesWhatCameAfterItsCheckpoint) {
  const TemporaryFolder folder;
  const std::string path = folder.file("a.csv");
  State saved;
  {
    AppendFile file(path, false);
    file.append("before\n");
    StateVisitor saver(saved);
    file.visit_state(saver);
    for (const auto& job : saver.take_jobs()) job();
    file.append("after\n");
  }
  AppendFile file(path, true);
  StateVisitor loader(saved, "checkpoint");
  file.visit_state(loader);
  EXPECT_EQ(text_of_file(path), "before\n");
  EXPECT_TRUE(file.append("again\n"));
  EXPECT_EQ(text_of_file(path), "before\nagain\n");
}

TEST(AppendFile, AFileShorterThanItsCheckpointIsRefused) {
  const TemporaryFolder folder;
  State saved;
  {
    AppendFile file(folder.write("long.csv", "before\n"), true);
    StateVisitor saver(saved);
    file.visit_state(saver);
  }
  AppendFile file(folder.write("short.csv", "be"), true);
  StateVisitor loader(saved, "checkpoint");
  EXPECT_EQ(message_of<FormatError>([&] { file.visit_state(loader, 0, "the hint"); }),
            folder.file("short.csv") + ": got 2 bytes, expected at least 7; the hint");
  EXPECT_EQ(text_of_file(folder.file("short.csv")), "be");
}

TEST(AppendFile, AnEarlierFailureKeepsTheStateFromBeingKept) {
  const TemporaryFolder folder;
  AppendFile file(folder.file("a.csv"), false);
  State saved;
  StateVisitor saver(saved);
  file.visit_state(saver, ENOSPC);
  const auto jobs = saver.take_jobs();
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_EQ(message_of<std::system_error>(jobs.front()),
            folder.file("a.csv") + ": cannot write: No space left on device");
}

}  // namespace
}  // namespace gradflow
