/// Fingerprints against published vectors.
#include "data/hash.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "tests/data/temporary_folder.h"

namespace weir {
namespace {

std::string sha256_of(std::string_view text) { return sha256_hex(std::as_bytes(std::span(text))); }

// FIPS 180-4's examples and NIST's long message.
TEST(Sha256, MatchesTheVectorsOfTheStandard) {
  EXPECT_EQ(sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(
      sha256_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
                "lmnopqrsmnopqrstnopqrstu"),
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(sha256_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowTheMessageIsCut) {
  std::string message(300, '\0');
  for (std::size_t i = 0; i < message.size(); ++i) message[i] = static_cast<char>(i * 7);
  for (std::size_t length = 0; length <= message.size(); ++length) {
    const auto bytes = std::as_bytes(std::span(message)).first(length);
    for (const std::size_t step : {1u, 63u, 64u, 65u}) {
      Sha256 hash;
      for (std::size_t at = 0; at < length; at += step)
        hash.add(bytes.subspan(at, std::min(step, length - at)));
      ASSERT_EQ(hash.hex(), sha256_hex(bytes)) << length << " bytes by " << step;
    }
  }
}

TEST(Xxh3, MatchesTheVectorsOfXxh128sum) {
  const auto hash_of = [](std::string_view text) { return xxh3_128_hex(std::as_bytes(std::span(text))); };
  EXPECT_EQ(hash_of(""), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(hash_of("abc"), "06b05ab6733a618578af5f94892f3950");
}

TEST(Hashes, OfAFileAreThoseOfItsBytes) {
  const TemporaryFolder folder;
  std::string bytes(2'500'000, 'x');  // more than two chunks
  bytes[1 << 20] = 'y';
  put(folder / "a", bytes);
  EXPECT_EQ(xxh3_128_hex_of_file(folder / "a"), xxh3_128_hex(std::as_bytes(std::span(bytes))));
  EXPECT_EQ(sha256_hex_of_file(folder / "a"), sha256_of(bytes));
  EXPECT_THAT(diagnosis_of([&] { sha256_hex_of_file(folder / "none"); }),
              Says(ErrorKind::missing, "E0302", "no such file"));
}

}  // namespace
}  // namespace weir
