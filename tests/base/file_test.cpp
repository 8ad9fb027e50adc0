#include <gradflow/base/file.hpp>

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <support/errors.hpp>
#include <support/files.hpp>
#include <support/full_disk.hpp>
#include <support/text.hpp>

#include <gradflow/base/errors.hpp>

namespace gradflow {
namespace {

std::size_t entries(const TemporaryFolder& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++count;
  return count;
}

template <class Function>
std::string refusal(Function&& f) {
  return message_of<std::system_error>(f);
}

TEST(WriteFile, WritesAllAndReplacesWhatWasThere) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.csv", "something longer that was there before");
  write_file(path, std::string_view("new\0text", 8));
  EXPECT_EQ(text_of_file(path), std::string("new\0text", 8));
  write_file(path, "");
  EXPECT_EQ(text_of_file(path), "");
  EXPECT_EQ(entries(folder), 1U);
}

TEST(WriteFile, FollowsALink) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.csv", "old");
  std::filesystem::create_symlink("a.csv", folder.file("link"));
  write_file(folder.file("link"), "new");
  EXPECT_EQ(text_of_file(path), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("link")));
}

TEST(WriteFile, NamesPathAndCauseWhereTheFolderIsMissing) {
  const TemporaryFolder folder;
  const std::string path = folder.file("no/such/a.csv");
  EXPECT_EQ(refusal([&] { write_file(path, "x"); }), path + ": cannot write: No such file or directory");
}

TEST(WriteFile, DoesNotReplaceFoldersOrDevices) {
  const TemporaryFolder folder;
  EXPECT_EQ(refusal([&] { write_file(folder.path(), "x"); }),
            folder.path() + ": cannot write: it exists and is not a regular file: Is a directory");
  EXPECT_EQ(refusal([] { write_file("/dev/full", "x"); }),
            "/dev/full: cannot write: it exists and is not a regular file: Invalid argument");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

TEST(WriteFile, OnAFullDiskKeepsTheOldFileAndLeavesNothingElse) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.csv", "old");
  std::string message;
  {
    const FullDisk full(4096);
    message = refusal([&] { write_file(path, std::string(5000, 'x')); });
  }
  EXPECT_EQ(message, path + ": cannot write: File too large");
  EXPECT_EQ(text_of_file(path), "old");
  EXPECT_EQ(entries(folder), 1U);
}

TEST(WriteFile, ReadersFindOneWholeTextWhileThreadsWrite) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.csv", std::string(10000, 'a'));
  std::atomic<bool> stop = false;
  std::vector<std::thread> writers;
  for (const char c : {'b', 'c'})
    writers.emplace_back([&, c] {
      while (!stop) write_file(path, std::string(10000, c));
    });
  for (int i = 0; i < 100; ++i) {
    const std::string text = text_of_file(path);
    EXPECT_EQ(text.size(), 10000U);
    EXPECT_EQ(text.find_first_not_of(text[0]), text.npos);
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(entries(folder), 1U);
}

TEST(MakeFolder, MakesThoseAboveItToo) {
  const TemporaryFolder folder;
  for (const std::string name : {"a/b/c", "a/b/c", "d/"}) {
    make_folder(folder.file(name));
    EXPECT_TRUE(std::filesystem::is_directory(folder.file(name))) << name;
  }
}

TEST(MakeFolder, SaysSoWhereAFileHasTheName) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a", "");
  for (const std::string& path : {file, file + "/b"})
    EXPECT_EQ(refusal([&] { make_folder(path); }),
              path + ": cannot make the folder: it, or a folder above it, is a file: Not a directory");
}

TEST(MakeFolder, RefusesAFolderThatCannotBeWrittenInto) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write into any folder";
  const TemporaryFolder folder;
  const std::string path = folder.file("closed");
  make_folder(path);
  ASSERT_EQ(chmod(path.c_str(), 0500), 0);
  EXPECT_EQ(refusal([&] { make_folder(path); }), path + ": cannot write into the folder: Permission denied");
}

TEST(MakeFolder, NamesPathAndCauseWhereItIsRefused) {
  EXPECT_EQ(refusal([] { make_folder("/proc/a"); }), "/proc/a: cannot make the folder: No such file or directory");
  EXPECT_EQ(refusal([] { make_folder(""); }), ": cannot make the folder: Invalid argument");
}

TEST(InputFile, GivesWhatIsThereAndThenTheEnd) {
  const TemporaryFolder folder;
  InputFile file(folder.write("a", "content"));
  std::string read(4, ' ');
  EXPECT_EQ(file.read(read), 4U);
  EXPECT_EQ(read, "cont");
  EXPECT_EQ(file.read(read), 3U);
  EXPECT_EQ(read, "entt");
  EXPECT_EQ(file.read(read), 0U);
}

TEST(InputFile, DoesNotWaitForMoreThanIsThere) {
  int ends[2] = {};
  ASSERT_EQ(pipe(ends), 0);
  InputFile file("a pipe", ends[0]);
  std::string read(4, ' ');
  ASSERT_EQ(write(ends[1], "ab", 2), 2);
  EXPECT_EQ(file.read(read), 2U);
  close(ends[1]);
  EXPECT_EQ(file.read(read), 0U);
}

TEST(InputFile, NamesPathAndCauseWhereItIsRefused) {
  const TemporaryFolder folder;
  const std::string absent = folder.file("absent");
  EXPECT_EQ(refusal([&] { InputFile file(absent); }), absent + ": cannot read: No such file or directory");
  std::string read(4, ' ');
  EXPECT_EQ(refusal([&] { InputFile(folder.path()).read(read); }), folder.path() + ": cannot read: Is a directory");
}

TEST(InputFile, FillsSpansUpToTheSizeOfTheFile) {
  const TemporaryFolder folder;
  InputFile file(folder.write("a", "content"));
  EXPECT_EQ(file.size(), 7U);
  std::string read(5, ' ');
  file.fill(std::as_writable_bytes(std::span(read)));
  EXPECT_EQ(read, "conte");
  EXPECT_EQ(message_of<FormatError>([&] { file.fill(std::as_writable_bytes(std::span(read))); }),
            file.name() + ": got a file that became shorter while it was read, expected a file that does not change");
  EXPECT_EQ(message_of<FormatError>([&] { static_cast<void>(InputFile(folder.path()).size()); }),
            folder.path() + ": got a folder, a pipe or a device, expected a regular file");
}

}  // namespace
}  // namespace gradflow
