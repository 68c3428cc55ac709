/// What commands read: weights, pictures, labels. Files are judged by the readers of data/ and models/; here
/// paths become values on a device.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "data/cifar.h"
#include "models/weights.h"
#include "tensor/tensor.h"

namespace weir {

class Command;

/// What a command line says about its network.
struct NetworkWords {
  std::string weights;  // a path, or the name of weights that come with Weir
  std::string model;    // whose weights they are; empty: the file says so itself
};
/// Gives a command the argument WEIGHTS, and the option --model for files that do not name theirs.
Command& takes_network(Command& command, NetworkWords& words);

/// A network and where it came from.
struct OpenedNetwork {
  StoredNetwork stored;
  std::string path;
  const Sequential& network() const { return *stored.network; }
};

OpenedNetwork open_network(const NetworkWords& words, Device& device);

/// Throws Error (usage) E0215 where `out` is one of the files that are read. By identity and not by name: one
/// may be a link to the other.
void expect_no_input(const std::string& out, std::span<const std::string> inputs);

/// "good-init, 1,071,542 parameters"
std::string described(const OpenedNetwork& opened);

struct Pictures {
  Tensor images;                   // [N, 3, 32, 32], data units
  std::vector<std::string> names;  // [N]: "cat.png", "images.npy[3]"
};

/// Each path is a .npy file of images, or a PNG of 32x32.
Pictures open_pictures(std::span<const std::string> paths, Device& device);

/// [count]; throws Error (damaged) E0409 when there are more or fewer.
std::vector<std::int32_t> open_labels(const std::string& path, Index count);

/// Rows of a set as a batch. [rows, 3, 32, 32], data units
Tensor batch_of(const ImageSet& images, std::span<const Index> rows, Device& device);

/// "1,000 images of embedded (test)"
std::string described(const ImageSet& images);

}  // namespace weir
