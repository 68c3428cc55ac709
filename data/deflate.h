/// The compression inside PNG and gzip files (RFC 1951): Huffman codes over bytes and runs.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace weir {

/// Compresses with a code fitted to the data. Of repetitions only runs of one byte are looked for: a
/// photograph behind PNG's filters has hardly any other (zlib's search at level 9 makes our sheets 0.1 %
/// smaller), and flat areas become runs of zeros there. The same bytes on every machine.
std::vector<std::byte> deflated(std::span<const std::byte> bytes);

/// The same in the zlib format (RFC 1950), as PNG wants it.
std::vector<std::byte> zlib_compressed(std::span<const std::byte> bytes);

}  // namespace weir
