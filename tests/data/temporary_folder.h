/// What the tests of files share: a folder of their own, and expectations on errors.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "tensor/check.h"

namespace weir {

/// A new empty folder, removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      result.push_back(entry.path().filename().string());
    std::sort(result.begin(), result.end());
    return result;
  }

 private:
  std::filesystem::path path_;
};

/// Writes without the code under test.
inline std::filesystem::path put(const std::filesystem::path& path, std::string_view contents) {
  std::ofstream(path, std::ios::binary).write(contents.data(), static_cast<std::streamsize>(contents.size()));
  return path;
}

inline std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The diagnosis that `act` ends with; fails the test if it ends well.
inline Diagnosis diagnosis_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.diagnosis();
  }
  ADD_FAILURE() << "expected an Error, none was thrown";
  return {};
}

/// EXPECT_THAT(diagnosis_of(...), Says(ErrorKind::damaged, "E0401", "has 29 bytes"));
inline auto Says(ErrorKind kind, const std::string& code, const std::string& part) {
  return testing::AllOf(testing::Field("kind", &Diagnosis::kind, kind),
                        testing::Field("code", &Diagnosis::code, code),
                        testing::Field("message", &Diagnosis::message, testing::HasSubstr(part)));
}

inline void PrintTo(const Diagnosis& diagnosis, std::ostream* stream) { *stream << rendered(diagnosis); }

}  // namespace weir
