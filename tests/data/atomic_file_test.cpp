/// A file is there whole or not at all: under every fault, with a full disk, and when the writer is killed.
#include "data/atomic_file.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "data/fault.h"
#include "data/file_lock.h"
#include "data/read_file.h"
#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string old_contents = "the old contents";
const std::string new_contents(10000, 'n');

/// Runs `act` in a child process and returns its exit status, 128 + signal if it was killed.
int status_of_child(const std::function<int()>& act) {
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 99;
    try {
      status = act();
    } catch (const Error& error) {
      status = error.exit_code();
    }
    ::_exit(status);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(AtomicFile, ReplacesTheContentsAndLeavesNothingElse) {
  const TemporaryFolder folder;
  put(folder / "a", old_contents);
  write_file_atomically(folder / "a", new_contents);
  EXPECT_EQ(contents_of(folder / "a"), new_contents);
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

TEST(AtomicFile, IsInvisibleUntilCommittedAndGoneWithoutCommit) {
  const TemporaryFolder folder;
  put(folder / "a", old_contents);
  {
    AtomicFile file(folder / "a");
    file.write(new_contents);
    EXPECT_EQ(contents_of(folder / "a"), old_contents);
  }
  EXPECT_EQ(contents_of(folder / "a"), old_contents);
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

TEST(AtomicFile, WritesThroughALinkAndKeepsTheLink) {
  const TemporaryFolder folder;
  std::filesystem::create_symlink("real", folder / "link");  // dangling at first
  write_file_atomically(folder / "link", old_contents);
  EXPECT_EQ(contents_of(folder / "real"), old_contents);
  write_file_atomically(folder / "link", new_contents);
  EXPECT_EQ(contents_of(folder / "real"), new_contents);
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
}

TEST(AtomicFile, AllowsTheLongestNameThereIs) {
  const TemporaryFolder folder;
  const std::string name(255, 'x');
  write_file_atomically(folder / name, new_contents);
  EXPECT_EQ(contents_of(folder / name), new_contents);
}

struct FaultCase {
  int error;
  const char* code;  // of the error that must come out; nullptr: the write must succeed
};

/// For the n-th call of any fault point, n = 1, 2, ... until unused: fails it, and looks at what is left.
void inject_at_every_point(const FaultCase& fault_case) {
  for (int chosen = 1;; ++chosen) {
    const TemporaryFolder folder;
    put(folder / "a", old_contents);
    int calls = 0;
    std::string where = "none";
    Diagnosis diagnosis;
    {
      const fault::ScopedHook hook([&](std::string_view point) {
        if (++calls != chosen) return fault::Fault{};
        where = point;
        return fault::Fault{.error = fault_case.error};
      });
      try {
        write_file_atomically(folder / "a", new_contents);
      } catch (const Error& error) {
        diagnosis = error.diagnosis();
      }
    }
    if (calls < chosen) {
      EXPECT_GE(chosen, 6) << "too few fault points";
      return;
    }
    SCOPED_TRACE(where);
    // A file system without locks is no reason not to write.
    const bool writable_fault = where != "atomic.short_write" && where != "atomic.lock";
    EXPECT_THAT(folder.names(), ElementsAre("a")) << "litter";
    if (fault_case.code == nullptr || !writable_fault) {
      EXPECT_EQ(contents_of(folder / "a"), new_contents);
    } else {
      EXPECT_EQ(diagnosis.kind, ErrorKind::resource);
      EXPECT_EQ(diagnosis.code,
                where == "atomic.open" && fault_case.error == EACCES ? "E0603" : fault_case.code);
      EXPECT_THAT(diagnosis.message, HasSubstr((folder / "a").string()));
      // Once renamed the new contents are in place; whether they are durable is what the error is about.
      EXPECT_EQ(contents_of(folder / "a"), where == "atomic.fsync_folder" ? new_contents : old_contents);
    }
  }
}

TEST(AtomicFile, SurvivesNoSpaceAtEveryPoint) { inject_at_every_point({ENOSPC, "E0602"}); }
TEST(AtomicFile, SurvivesAFailingDiskAtEveryPoint) { inject_at_every_point({EIO, "E0604"}); }
TEST(AtomicFile, SurvivesAnInterruptionAtEveryPoint) { inject_at_every_point({EINTR, nullptr}); }

TEST(AtomicFile, FinishesShortWrites) {
  const TemporaryFolder folder;
  const fault::ScopedHook hook([](std::string_view) { return fault::Fault{.short_write = true}; });
  write_file_atomically(folder / "a", new_contents);
  EXPECT_EQ(contents_of(folder / "a"), new_contents);
}

TEST(AtomicFile, NeverTriesAFailedFsyncAgain) {
  const TemporaryFolder folder;
  int calls = 0;
  const fault::ScopedHook hook([&](std::string_view point) {
    const bool first = point == "atomic.fsync" && ++calls == 1;
    return fault::Fault{.error = first ? EIO : 0};
  });
  EXPECT_THROW(write_file_atomically(folder / "a", new_contents), Error);
  EXPECT_EQ(calls, 1);
}

TEST(AtomicFile, AKilledWriterLeavesTheOldOrTheNewAndTheNextStartSweeps) {
  for (int chosen = 1;; ++chosen) {
    const TemporaryFolder folder;
    put(folder / "a", old_contents);
    const int status = status_of_child([&] {
      int calls = 0;
      const fault::ScopedHook hook([&](std::string_view) {
        if (++calls == chosen) ::_exit(137);
        return fault::Fault{};
      });
      write_file_atomically(folder / "a", new_contents);
      return 0;
    });
    const std::string found = contents_of(folder / "a");
    EXPECT_TRUE(found == old_contents || found == new_contents) << "killed at call " << chosen;
    expect_writable_directory(folder.path());
    EXPECT_THAT(folder.names(), ElementsAre("a"));
    if (status == 0) break;
    ASSERT_EQ(status, 137);
    ASSERT_LT(chosen, 100);
  }
}

TEST(AtomicFile, ReportsAFullDiskWithSizes) {
  const TemporaryFolder folder;
  put(folder / "a", old_contents);
  for (const rlim_t limit : {0u, 1u, 4096u, 5000u, 9999u}) {
    const int status = status_of_child([&] {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit size = {limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &size);
      const Diagnosis diagnosis = diagnosis_of([&] { write_file_atomically(folder / "a", new_contents); });
      const bool told = diagnosis.message.find("limit on file size reached") != std::string::npos &&
                        diagnosis.message.find("needs 10.0 kB") != std::string::npos;
      return told && diagnosis.code == "E0602" ? static_cast<int>(diagnosis.kind) : 98;
    });
    EXPECT_EQ(status, 6) << "limit " << limit;
    EXPECT_EQ(contents_of(folder / "a"), old_contents);
    EXPECT_THAT(folder.names(), ElementsAre("a"));
  }
}

TEST(AtomicFile, WritesADeviceDirectlyAndReportsThatItIsFull) {
  const Diagnosis diagnosis = diagnosis_of([] { write_file_atomically("/dev/full", new_contents); });
  EXPECT_THAT(diagnosis,
              Says(ErrorKind::resource, "E0602", "no space left while writing `/dev/full` (needs 10.0 kB"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
  write_file_atomically("/dev/null", new_contents);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(AtomicFile, SaysWhyATargetCannotBeWritten) {
  const TemporaryFolder folder;
  put(folder / "file", old_contents);
  const auto writing = [&](const std::filesystem::path& target) {
    return diagnosis_of([&] { write_file_atomically(target, new_contents); });
  };
  EXPECT_THAT(writing(folder.path()), Says(ErrorKind::resource, "E0603", "it is a folder"));
  EXPECT_THAT(writing(folder / "none" / "a"), Says(ErrorKind::resource, "E0603", "no such folder"));
  EXPECT_THAT(writing(folder / "file" / "a"), Says(ErrorKind::resource, "E0603", "is a file, not a folder"));
  EXPECT_THAT(writing(folder / std::string(256, 'x')),
              Says(ErrorKind::resource, "E0603", "the name is too long"));
}

TEST(AtomicFile, AFolderThatIsThereIsNotSaidToBeMissing) {
  const TemporaryFolder folder;
  const fault::ScopedHook hook([](std::string_view point) {
    const bool making = point == "atomic.open" || point == "directory.trial";
    return fault::Fault{.error = making ? ENOENT : 0};
  });
  const std::string why = "the folder takes no new files (No such file or directory)";
  EXPECT_THAT(diagnosis_of([&] { write_file_atomically(folder / "a", new_contents); }),
              Says(ErrorKind::resource, "E0603", why));
  EXPECT_THAT(diagnosis_of([&] { expect_writable_directory(folder.path()); }),
              Says(ErrorKind::resource, "E0603", why));
}

/// As another user where the tests run as root, who may write anywhere.
int status_as_nobody(const std::function<int()>& act) {
  return status_of_child([&] {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 97;
    return act();
  });
}

TEST(ExpectWritableDirectory, RefusesAFolderWithoutPermissionBeforeAnythingIsComputed) {
  const TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0555));
  const int status = status_as_nobody([&] {
    const Diagnosis in_place = diagnosis_of([&] { expect_writable_directory(folder.path()); });
    const Diagnosis below = diagnosis_of([&] { expect_writable_directory(folder / "new"); });
    const Diagnosis file = diagnosis_of([&] { write_file_atomically(folder / "a", new_contents); });
    const auto told = [](const Diagnosis& diagnosis) {
      return diagnosis.code == "E0603" && diagnosis.message.ends_with("permission denied");
    };
    return told(in_place) && told(below) && told(file) ? static_cast<int>(in_place.kind) : 98;
  });
  EXPECT_EQ(status, 6);
}

TEST(ExpectWritableDirectory, MakesFoldersAndLeavesOthersFilesAlone) {
  const TemporaryFolder folder;
  expect_writable_directory(folder / "a" / "b");
  EXPECT_TRUE(std::filesystem::is_empty(folder / "a" / "b"));
  put(folder / ".tmp-mine", "");
  put(folder / ".tmp-12-abcdefg0", "");
  put(folder / ".tmp--01234567", "");
  put(folder / ".tmp-99-01234567", "");  // the only one that a writer of ours could have left
  expect_writable_directory(folder.path());
  EXPECT_THAT(folder.names(), ElementsAre(".tmp--01234567", ".tmp-12-abcdefg0", ".tmp-mine", "a"));
}

TEST(ExpectWritableDirectory, LeavesTheFileOfALivingWriter) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "a");
  file.write(new_contents);
  expect_writable_directory(folder.path());
  file.commit();
  EXPECT_EQ(contents_of(folder / "a"), new_contents);
}

TEST(ExpectWritableDirectory, RefusesAFileInTheWay) {
  const TemporaryFolder folder;
  put(folder / "a", "");
  EXPECT_THAT(diagnosis_of([&] { expect_writable_directory(folder / "a"); }),
              Says(ErrorKind::resource, "E0603", "cannot write to"));
  EXPECT_THAT(diagnosis_of([&] { expect_writable_directory(folder / "a" / "b"); }),
              Says(ErrorKind::resource, "E0603", "cannot write to"));
}

TEST(FileLock, NamesTheHolderAndIsFreedWithIt) {
  const TemporaryFolder folder;
  {
    const FileLock first(folder.path());
    const Diagnosis diagnosis = diagnosis_of([&] { FileLock second(folder.path()); });
    EXPECT_THAT(diagnosis,
                Says(ErrorKind::resource, "E0601", "is in use by weir pid " + std::to_string(::getpid())));
  }
  EXPECT_NO_THROW(FileLock(folder.path()));
}

TEST(FileLock, OfADeadProcessIsTakenOver) {
  const TemporaryFolder folder;
  EXPECT_EQ(status_of_child([&] {
              const FileLock lock(folder.path());
              ::raise(SIGKILL);
              return 0;
            }),
            128 + SIGKILL);
  EXPECT_NO_THROW(FileLock(folder.path()));
}

TEST(FileLock, OfFiftyStartsExactlyOneRuns) {
  const TemporaryFolder folder;
  int start[2], finish[2];
  ASSERT_EQ(::pipe(start) + ::pipe(finish), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 50; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      char byte = 0;
      ::close(start[1]);
      [[maybe_unused]] const auto released =
          ::read(start[0], &byte, 1);  // returns when the parent closes its end
      try {
        const FileLock lock(folder.path());
        [[maybe_unused]] const auto told = ::write(finish[1], "y", 1);
        ::usleep(300000);
      } catch (const Error& error) {
        ::_exit(error.exit_code());
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  ::close(start[1]);
  int winners = 0, refused = 0;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    winners += WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : 0;
    refused += WIFEXITED(status) && WEXITSTATUS(status) == 6 ? 1 : 0;
  }
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(refused, 49);
  for (const int end : {start[0], finish[0], finish[1]}) ::close(end);
}

TEST(ReadFile, ReturnsEveryByteAndNamesWhatIsMissing) {
  const TemporaryFolder folder;
  const std::string bytes("a\0b\xff", 4);
  put(folder / "a", bytes);
  put(folder / "empty", "");
  EXPECT_EQ(read_text_file(folder / "a"), bytes);
  EXPECT_EQ(read_file(folder / "a").size(), 4u);
  EXPECT_THAT(read_text_file(folder / "empty"), IsEmpty());
  EXPECT_THAT(diagnosis_of([&] { read_file(folder / "none"); }),
              Says(ErrorKind::missing, "E0302", "no such file"));
  EXPECT_THAT(diagnosis_of([&] { read_file(folder.path()); }),
              Says(ErrorKind::missing, "E0302", "it is a folder"));
}

TEST(ReadFile, HandsOnChunksInOrder) {
  const TemporaryFolder folder;
  std::string bytes(3'000'001, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 2654435761u >> 24);
  put(folder / "a", bytes);
  std::string joined;
  for_each_chunk(folder / "a", [&](std::span<const std::byte> chunk) {
    joined.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
  });
  EXPECT_TRUE(joined == bytes);
  EXPECT_TRUE(read_text_file(folder / "a") == bytes);
}

TEST(AtomicFile, WritesIntoAPipeByTheNameThatLeadsToIt) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe(ends), 0);
  const Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  const std::filesystem::path name = "/proc/self/fd/" + std::to_string(writer.number());
  expect_writable_file(name);  // nothing can be made in that folder, and nothing has to be
  write_file_atomically(name, "through the pipe");
  writer.close();
  std::string text(100, ' ');
  text.resize(
      static_cast<std::size_t>(std::max<ssize_t>(::read(reader.number(), text.data(), text.size()), 0)));
  EXPECT_EQ(text, "through the pipe");
  const TemporaryFolder folder;
  expect_writable_file(folder / "made" / "file");
  EXPECT_THAT(folder.names(), ElementsAre("made"));
}

TEST(AtomicFile, StartsAgainWhenASweepHoldsItsNewFile) {
  const TemporaryFolder folder;
  int locks = 0, opens = 0;
  {
    const fault::ScopedHook hook([&](std::string_view point) {
      opens += point == "atomic.open";
      return fault::Fault{.error = point == "atomic.lock" && ++locks == 1 ? EWOULDBLOCK : 0};
    });
    write_file_atomically(folder / "a", new_contents);
  }
  EXPECT_EQ(opens, 2);
  EXPECT_EQ(contents_of(folder / "a"), new_contents);
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

}  // namespace
}  // namespace weir
