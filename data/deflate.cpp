#include "data/deflate.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <queue>
#include <utility>

#include "tensor/check.h"

namespace weir {

namespace {

constexpr std::size_t alphabet_size = 286;  // literals 0-255, the end 256, lengths of runs 257-285
constexpr std::size_t end_of_block = 256;
constexpr unsigned longest_code = 15;
constexpr std::size_t shortest_run = 4, longest_run = 258;

/// Deflate packs bits from the lowest up.
class BitWriter {
 public:
  void put(std::uint32_t bits, unsigned count) {
    pending_ |= std::uint64_t{bits} << used_;
    for (used_ += count; used_ >= 8; used_ -= 8, pending_ >>= 8)
      bytes_.push_back(static_cast<std::byte>(pending_));
  }
  std::vector<std::byte> finished() && {
    if (used_ > 0) put(0, 8 - used_);
    return std::move(bytes_);
  }

 private:
  std::vector<std::byte> bytes_;
  std::uint64_t pending_ = 0;
  unsigned used_ = 0;
};

/// A literal, or a run of the byte before it.
struct Token {
  std::uint16_t symbol = 0;
  std::uint16_t extra = 0;  // the part of a run's length that its symbol leaves open
  std::uint16_t extra_bits = 0;
};

/// RFC 1951, 3.2.5: after the first eight, four lengths share each number of extra bits; 258 has a symbol of
/// its own.
Token run_token(std::size_t length) {
  if (length == longest_run) return {.symbol = 285};
  const auto offset = static_cast<std::uint16_t>(length - 3);
  std::uint16_t extra_bits = 0;
  while ((offset >> extra_bits) >= 8) ++extra_bits;
  const auto group = static_cast<std::uint16_t>(257 + 4 * extra_bits + (offset >> extra_bits));
  return {.symbol = group,
          .extra = static_cast<std::uint16_t>(offset & ((1 << extra_bits) - 1)),
          .extra_bits = extra_bits};
}

std::vector<Token> tokens_of(std::span<const std::byte> bytes) {
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < bytes.size();) {
    std::size_t run = 0;
    while (i > 0 && run < longest_run && i + run < bytes.size() && bytes[i + run] == bytes[i - 1]) ++run;
    if (run >= shortest_run) {
      tokens.push_back(run_token(run));
      i += run;
    } else {
      tokens.push_back({.symbol = std::to_integer<std::uint16_t>(bytes[i++])});
    }
  }
  tokens.push_back({.symbol = end_of_block});
  return tokens;
}

using Lengths = std::array<unsigned, alphabet_size>;

/// The lengths of Huffman's code; symbols that do not occur have length 0.
Lengths huffman_lengths(const std::vector<std::uint64_t>& counts) {
  // Nodes: the symbols, then the pairs in the order they are made. Ties go to the older node, so the code is
  // unique.
  using Node = std::pair<std::uint64_t, std::size_t>;
  std::priority_queue<Node, std::vector<Node>, std::greater<>> open;
  for (std::size_t symbol = 0; symbol < counts.size(); ++symbol)
    if (counts[symbol] > 0) open.emplace(counts[symbol], symbol);
  Lengths lengths = {};
  if (open.size() == 1) lengths[open.top().second] = 1;
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  while (open.size() > 1) {
    const auto [first_count, first] = open.top();
    open.pop();
    const auto [second_count, second] = open.top();
    open.pop();
    open.emplace(first_count + second_count, alphabet_size + pairs.size());
    pairs.emplace_back(first, second);
  }
  std::vector<unsigned> depth(pairs.size());
  for (std::size_t pair = pairs.size(); pair-- > 0;)  // parents were made after their children
    for (const std::size_t child : {pairs[pair].first, pairs[pair].second}) {
      if (child < alphabet_size)
        lengths[child] = depth[pair] + 1;
      else
        depth[child - alphabet_size] = depth[pair] + 1;
    }
  return lengths;
}

/// As huffman_lengths(), at most `longest_code`: evens the counts out until the tree is shallow enough.
Lengths limited_lengths(std::vector<std::uint64_t> counts) {
  while (true) {
    const Lengths lengths = huffman_lengths(counts);
    if (*std::max_element(lengths.begin(), lengths.end()) <= longest_code) return lengths;
    for (std::uint64_t& count : counts) count = (count + 1) / 2;
  }
}

/// RFC 1951, 3.2.2: codes of one length are consecutive, shorter ones come first. Reversed, since codes alone
/// are packed from their highest bit.
std::array<std::uint32_t, alphabet_size> canonical_codes(const Lengths& lengths) {
  std::array<std::uint32_t, alphabet_size> codes = {};
  std::uint32_t code = 0;
  for (unsigned length = 1; length <= longest_code; ++length, code <<= 1)
    for (std::size_t symbol = 0; symbol < alphabet_size; ++symbol)
      if (lengths[symbol] == length) {
        for (unsigned bit = 0; bit < length; ++bit) codes[symbol] |= (code >> bit & 1) << (length - 1 - bit);
        ++code;
      }
  return codes;
}

/// RFC 1951, 3.2.7. The lengths 0 to 15 are themselves sent in 4 bits each: 144 bytes a block, and nothing to
/// fit.
void put_code_description(BitWriter& out, const Lengths& lengths) {
  constexpr int described = 19, repeats = 3;
  out.put(alphabet_size - 257, 5);
  out.put(0, 5);  // one distance code
  out.put(described - 4, 4);
  for (int i = 0; i < described; ++i)
    out.put(i < repeats ? 0 : 4, 3);  // 16, 17 and 18 come first and are not used
  const auto put_length = [&](unsigned length) {
    for (int bit = 3; bit >= 0; --bit) out.put(length >> bit & 1, 1);
  };
  for (const unsigned length : lengths) put_length(length);
  put_length(1);  // of the code for distance 1
}

/// Everything as one block: smaller blocks would follow the picture's statistics, and cost more than they
/// save.
void put_block(BitWriter& out, std::span<const std::byte> bytes) {
  const std::vector<Token> tokens = tokens_of(bytes);
  std::vector<std::uint64_t> counts(alphabet_size);
  for (const Token& token : tokens) ++counts[token.symbol];
  const Lengths lengths = limited_lengths(counts);
  const auto codes = canonical_codes(lengths);

  out.put(1, 1);  // the last block
  out.put(2, 2);  // with codes of its own
  put_code_description(out, lengths);
  for (const Token& token : tokens) {
    out.put(codes[token.symbol], lengths[token.symbol]);
    if (token.symbol <= end_of_block) continue;
    out.put(token.extra, token.extra_bits);
    out.put(0, 1);  // distance 1
  }
}

std::uint32_t adler32(std::span<const std::byte> bytes) {
  std::uint32_t a = 1, b = 0;
  for (const std::byte byte : bytes) {
    a = (a + std::to_integer<std::uint32_t>(byte)) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

}  // namespace

std::vector<std::byte> deflated(std::span<const std::byte> bytes) {
  BitWriter out;
  put_block(out, bytes);
  return std::move(out).finished();
}

std::vector<std::byte> zlib_compressed(std::span<const std::byte> bytes) {
  std::vector<std::byte> result = {std::byte{0x78},   // deflate, a window of 32 kB
                                   std::byte{0x01}};  // makes the pair a multiple of 31
  const std::vector<std::byte> block = deflated(bytes);
  result.insert(result.end(), block.begin(), block.end());
  const std::uint32_t checksum = adler32(bytes);
  for (int shift = 24; shift >= 0; shift -= 8) result.push_back(static_cast<std::byte>(checksum >> shift));
  return result;
}

}  // namespace weir
