/// manifest.json: what ran, from what, with what, and the fingerprints of everything that came out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "study/page.h"

namespace weir {

/// A file that was read or written, so that anybody can find out whether it is still the same.
struct HashedFile {
  std::string file;  // relative to the run's folder where it lies inside
  std::uint64_t bytes = 0;
  std::string xxh3_128;
};

/// Throws Error of kind missing where the file cannot be read.
HashedFile hashed(const std::filesystem::path& folder, const std::string& file);

/// Where the program runs; empty where that folder is gone.
std::string current_folder();
/// Name, version, commit, build: of the program that runs.
std::vector<Fact> this_tool();

struct Manifest {
  std::vector<Fact> tool = this_tool();
  std::string command;                      // "study"
  std::vector<std::string> arguments = {};  // the whole command line
  std::uint64_t seed = 0;
  int threads = 0;
  std::string device = {};
  std::string numerics = {};  // of crafting
  std::vector<Fact> libraries = {};
  std::vector<Fact> host = {};  // CPU, memory, system
  std::vector<Fact> settings = {};
  std::string data = {};                  // where the images come from
  std::string folder = current_folder();  // what relative names of inputs are relative to
  std::vector<HashedFile> inputs = {};    // data and weights
  std::vector<HashedFile> outputs = {};
  std::string started = {};  // UTC, ISO 8601
  std::string finished = {};
  double seconds = 0;
  int exit_code = 0;  // what the run answered: not 0 where a signal stopped it
};

/// The promise that goes into every manifest: same machine, libraries and build give the same bits.
inline constexpr std::string_view determinism_level =
    "same bits on the same machine, libraries and build, for any number of threads";

/// Without `finished` the run is marked as unfinished: exit_code is null.
std::string to_json(const Manifest& manifest);

/// "2018-06-01T12:00:00Z"
std::string utc_now();

}  // namespace weir
