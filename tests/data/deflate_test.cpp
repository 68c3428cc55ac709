/// What is compressed inflates to what it was, by an inflater that shares nothing with the compressor.
#include "data/deflate.h"

#include <bit>
#include <cstdint>
#include <gtest/gtest.h>
#include <map>
#include <string>

#include "tensor/random.h"

namespace weir {
namespace {

/// A slow inflater for blocks with codes of their own, after RFC 1951; throws std::out_of_range where the
/// data end early.
class Inflater {
 public:
  explicit Inflater(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::string inflate() {
    EXPECT_EQ((take(8) * 256 + take(8)) % 31, 0u);
    std::string text;
    bool last = false;
    while (!last) {
      last = take(1) == 1;
      EXPECT_EQ(take(2), 2u);
      inflate_block(text);
    }
    at_ = (at_ + 7) / 8 * 8;
    std::uint32_t a = 1, b = 0, found = 0;
    for (const char c : text) b = (b + (a = (a + static_cast<unsigned char>(c)) % 65521)) % 65521;
    for (int i = 0; i < 4; ++i) found = found << 8 | take(8);
    EXPECT_EQ(found, b << 16 | a);
    EXPECT_EQ(at_, 8 * bytes_.size());
    return text;
  }

 private:
  using Code =
      std::map<std::pair<unsigned, std::uint32_t>, unsigned>;  // (length, bits from the highest) to symbol

  std::uint32_t take(unsigned count) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i, ++at_) {
      if (at_ / 8 >= bytes_.size()) throw std::out_of_range("the data end early");
      value |= (std::to_integer<std::uint32_t>(bytes_[at_ / 8]) >> (at_ % 8) & 1) << i;
    }
    return value;
  }
  unsigned take_symbol(const Code& code) {
    std::uint32_t bits = 0;
    for (unsigned length = 1; length <= 15; ++length) {
      bits = bits << 1 | take(1);
      if (const auto found = code.find({length, bits}); found != code.end()) return found->second;
    }
    throw std::out_of_range("no such code");
  }
  static Code code_of(const std::vector<unsigned>& lengths) {
    Code code;
    std::uint32_t next = 0;
    double used = 0;
    for (unsigned length = 1; length <= 15; ++length, next <<= 1)
      for (unsigned symbol = 0; symbol < lengths.size(); ++symbol)
        if (lengths[symbol] == length) {
          code[{length, next++}] = symbol;
          used += 1.0 / (1 << length);
        }
    EXPECT_LE(used, 1.0) << "more codes than there is room for";
    return code;
  }
  void inflate_block(std::string& text) {
    const unsigned literals = take(5) + 257, distances = take(5) + 1, described = take(4) + 4;
    const unsigned order[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    std::vector<unsigned> description(19), lengths;
    for (unsigned i = 0; i < described; ++i) description[order[i]] = take(3);
    const Code lengths_code = code_of(description);
    while (lengths.size() < literals + distances) lengths.push_back(take_symbol(lengths_code));
    const Code literal = code_of({lengths.begin(), lengths.begin() + literals});
    const Code distance = code_of({lengths.begin() + literals, lengths.end()});
    while (true) {
      const unsigned symbol = take_symbol(literal);
      if (symbol == 256) return;
      if (symbol < 256) {
        text += static_cast<char>(symbol);
        continue;
      }
      // RFC 1951, 3.2.5, as the table is printed there.
      const unsigned base[] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                               31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
      const unsigned extra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
      const unsigned length = base[symbol - 257] + take(extra[symbol - 257]);
      EXPECT_EQ(take_symbol(distance), 0u);
      text.append(length, text.at(text.size() - 1));
    }
  }

  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

std::string there_and_back(const std::string& text) {
  return Inflater(zlib_compressed(std::as_bytes(std::span(text)))).inflate();
}

TEST(Deflate, ComesBackFromAnInflaterOfItsOwn) {
  EXPECT_EQ(there_and_back(""), "");
  EXPECT_EQ(there_and_back("a"), "a");
  std::string text = "flat ........................ and not";
  EXPECT_EQ(there_and_back(text), text);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    text.clear();
    for (std::uint64_t i = 0; i < 3000; ++i)
      text += static_cast<char>(random_below({seed}, i, 1 + seed * 13));
    ASSERT_EQ(there_and_back(text), text) << seed;
  }
}

TEST(Deflate, KeepsRunsOfEveryLength) {
  for (std::size_t length = 0; length < 600; ++length) {
    const std::string text = "a" + std::string(length, 'b') + "c";
    ASSERT_EQ(there_and_back(text), text) << length;
  }
  EXPECT_LT(zlib_compressed(std::vector<std::byte>(1'000'000)).size(), 2000u);
}

TEST(Deflate, LimitsItsCodesToFifteenBits) {
  // Counts like Fibonacci's numbers make Huffman's deepest tree: 24 symbols would need codes of 23 bits.
  std::string text;
  for (std::size_t symbol = 0, a = 1, b = 1; symbol < 24; ++symbol) {
    for (std::size_t i = 0; i < a; ++i) text.insert(text.size(), 1, static_cast<char>('a' + symbol));
    b += a;
    std::swap(a, b);
  }
  for (std::size_t i = 1; i < text.size(); ++i)  // apart, so that they are no runs
    std::swap(text[i], text[static_cast<std::size_t>(random_below({7}, i, i + 1))]);
  EXPECT_EQ(there_and_back(text), text);
}

}  // namespace
}  // namespace weir
