#include "data/cifar.h"
#include "tensor/check.h"
namespace weir {
ImageSet load_embedded(Split) { fail({.message = "not yet"}); }
}  // namespace weir
