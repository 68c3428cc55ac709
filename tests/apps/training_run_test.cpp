/// What a training says before it begins.
#include "apps/training_run.h"

#include <gmock/gmock.h>

namespace weir {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string remark_on(DType maps, std::vector<std::string> instruction_sets,
                      std::string_view device = "onednn") {
  Recipe recipe;
  recipe.name = "short";
  recipe.feature_maps = maps;
  Machine machine;
  machine.instruction_sets = std::move(instruction_sets);
  return slow_maps(recipe, machine, device);
}

TEST(SlowMaps, AreThoseInBfloat16WithoutUnitsForIt) {
  EXPECT_THAT(remark_on(DType::bf16, {"avx2", "avx512f"}),
              HasSubstr("recipe short keeps its maps in bfloat16"));
  EXPECT_THAT(remark_on(DType::f32, {"avx2", "avx512f"}), IsEmpty());
  EXPECT_THAT(remark_on(DType::bf16, {"avx512f"}, "cuda"), IsEmpty());
  EXPECT_THAT(remark_on(DType::bf16, {"avx512f", "amx_bf16"}), IsEmpty());
  EXPECT_THAT(remark_on(DType::bf16, {"avx512f", "avx512_bf16"}), IsEmpty());
}

}  // namespace
}  // namespace weir
