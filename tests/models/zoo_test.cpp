// Names of weights: those that are there, those that are known, and all others.
#include "models/zoo.h"

#include <gmock/gmock.h>
#include <set>

#include "models/recipe.h"
#include "tests/data/temporary_folder.h"
#include "tests/support/environment_variable.h"

namespace weir {
namespace {

using testing::HasSubstr;

TEST(Zoo, TheOriginalHasTwoNames) {
  EXPECT_EQ(find_weights("original"), find_weights("good-init"));
  EXPECT_THAT(find_weights("good-init"), testing::EndsWith("models/pretrained/good-init.safetensors"));
}

TEST(Zoo, SaysHowToMakeWhatIsKnownAndNotHere) {
  const std::vector<std::string> there = pretrained_names();
  for (const ZooEntry& entry : zoo()) {
    SCOPED_TRACE(entry.name);
    const std::string name(entry.name);
    EXPECT_THAT(std::string(entry.made_by), HasSubstr("--out " + name + ".safetensors"));
    if (std::ranges::count(there, name) > 0) {
      EXPECT_TRUE(std::filesystem::exists(find_weights(name)));
      continue;
    }
    const Diagnosis diagnosis = diagnosis_of([&] { find_weights(name); });
    EXPECT_THAT(diagnosis, Says(ErrorKind::missing, "E0305", "are known, but their file is not here"));
    EXPECT_THAT(diagnosis.help, HasSubstr(std::string(entry.made_by)));
  }
}

TEST(Zoo, KnowsEveryFileThatIsThere) {
  std::set<std::string> known;
  for (const ZooEntry& entry : zoo()) known.insert(std::string(entry.name));
  for (const std::string& name : pretrained_names()) EXPECT_TRUE(known.contains(name)) << name;
}

TEST(Zoo, NeedsNoEndingAndOpensCompressedFiles) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "models/pretrained");
  const auto put_file = [&](const char* file) { return put(folder / "models/pretrained" / file, "x"); };
  const auto compressed = put_file("vgg-like.safetensors.gz");
  put_file("vgg-like.card.json");
  put_file("other.gz");
  const EnvironmentVariable home("WEIR_HOME", folder.path().string());
  EXPECT_THAT(pretrained_names(), testing::ElementsAre("vgg-like"));
  EXPECT_EQ(find_weights("vgg-like"), compressed);
  EXPECT_FALSE(pretrained_file("good-init").has_value());
  const auto plain = put_file("vgg-like.safetensors");
  EXPECT_THAT(pretrained_names(), testing::ElementsAre("vgg-like"));
  EXPECT_EQ(find_weights("vgg-like"), plain) << "what somebody unpacked comes first";
}

TEST(Zoo, AFileInFrontOfTheUserComesFirst) {
  EXPECT_EQ(find_weights("mine.safetensors.gz"), "mine.safetensors.gz");
  EXPECT_TRUE(names_weights("mine.safetensors.gz"));
  EXPECT_FALSE(names_weights("mine.gz"));
}

TEST(Zoo, KnowsNoOtherName) {
  EXPECT_THAT(diagnosis_of([] { find_weights("god-init"); }),
              Says(ErrorKind::missing, "E0305", "no file `god-init`"));
}

}  // namespace
}  // namespace weir
