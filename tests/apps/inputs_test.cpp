// Weights, pictures and data that are not there, not whole or not what they seem: through the program, as a
// user meets it.
#include <gmock/gmock.h>

#include "data/npy.h"
#include "tests/apps/run_weir.h"
#include "tests/apps/small_run.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string weights(const SmallRun& run) { return (run / "weights.safetensors").string(); }

Ran predict(const SmallRun& run, const std::string& image) {
  return run_weir({"predict", weights(run), image}, {.folder = run.path()});
}

TEST(Weights, Missing) {
  const Ran ran = run_weir({"predict", "no-such.safetensors", "x.npy"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("no-such.safetensors"));
}

TEST(Weights, Truncated) {
  const SmallRun run;
  const std::string whole = contents_of(run / "weights.safetensors");
  put(run / "weights.safetensors", whole.substr(0, whole.size() / 2));
  const Ran ran = predict(run, "images.npy");
  EXPECT_EQ(ran.code, 4);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, StartsWith("error[E0411]: "));
}

TEST(Weights, AnArchiveInstead) {
  const SmallRun run;
  put(run / "weights.safetensors", std::string("PK\x03\x04") + std::string(100, 'x'));
  const Ran ran = predict(run, "images.npy");
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, StartsWith("error[E0412]: "));
}

TEST(Weights, FlippedBit) {
  const SmallRun run;
  std::string bytes = contents_of(run / "weights.safetensors");
  bytes[bytes.size() - 3] ^= 1;
  put(run / "weights.safetensors", bytes);
  const Ran ran = predict(run, "images.npy");
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, StartsWith("error[E0417]: "));
}

TEST(Pictures, AreNotWrittenOverByWhatIsMadeOfThem) {
  const SmallRun run;
  const std::string weights_file = "weights.safetensors", images = "images.npy", labels = "labels.npy";
  const auto refused = [&](std::vector<std::string> words, const std::string& out) {
    const std::string before = contents_of(run / out);
    words.insert(words.end(), {"--out", out});
    expect_refusal(words, 2,
                   fmt::format("error[E0215]: `{}` is read, and results would be written over it\n"
                               "  = help: choose another file with `--out`\n",
                               out),
                   {.folder = run.path()});
    EXPECT_EQ(contents_of(run / out), before);
  };
  for (const std::string& out : {weights_file, images}) refused({"predict", weights_file, images}, out);
  for (const std::string& out : {weights_file, images, labels})
    refused({"gradient", weights_file, images, "--labels", labels}, out);
}

TEST(Pictures, Missing) {
  const SmallRun run;
  const Ran ran = predict(run, "none.png");
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err, StartsWith("error[E0302]: "));
}

TEST(Pictures, SixteenBitPng) {
  const SmallRun run;
  // The signature and an IHDR of 32 x 32, 16 bits a channel, RGB; its checksum is right.
  put(run / "deep.png",
      std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\x20\x10\x02\0\0\0\xac\x88\x31\xe0", 33));
  const Ran ran = predict(run, "deep.png");
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, StartsWith("error[E0404]: "));
  EXPECT_THAT(ran.err, HasSubstr("16-bit"));
}

TEST(Pictures, WrongShape) {
  const SmallRun run;
  write_npy<float>(run / "wrong.npy", {{2, 3, 28, 28}, std::vector<float>(2 * 3 * 28 * 28)});
  const Ran ran = predict(run, "wrong.npy");
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, StartsWith("error[E0409]: "));
}

TEST(Pictures, PixelsFromZeroTo255) {
  const SmallRun run;
  write_npy<float>(run / "bytes.npy", {{1, 3, 32, 32}, std::vector<float>(3072, 200.0f)});
  const Ran ran = predict(run, "bytes.npy");
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, StartsWith("error[E0406]: "));
}

TEST(Data, NotThere) {
  const SmallRun run;
  const Ran ran = run_weir({"eval", weights(run), "--data", "nowhere"}, {.folder = run.path()});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, StartsWith("error[E0301]: CIFAR-10 not found in `nowhere`"));
  EXPECT_THAT(ran.err, HasSubstr("--data embedded"));
}

TEST(Data, ShortBatch) {
  const SmallRun run;
  put(run / "test_batch.bin", std::string(1'000'000, '\0'));
  const Ran ran = run_weir({"eval", weights(run), "--data", "."}, {.folder = run.path()});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, StartsWith("error[E0401]: "));
  EXPECT_THAT(ran.err, HasSubstr("30,730,000"));
}

TEST(Data, LabelThatIsNoClass) {
  const SmallRun run;
  std::string bytes(30'730'000, '\0');
  bytes[41 * 3073] = static_cast<char>(173);
  put(run / "test_batch.bin", bytes);
  const Ran ran = run_weir({"eval", weights(run), "--data", "."}, {.folder = run.path()});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, StartsWith("error[E0402]: label 173"));
  EXPECT_THAT(ran.err, HasSubstr("image 41"));
}

}  // namespace
}  // namespace weir
