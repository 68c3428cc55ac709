/// A tape as a picture: text for Graphviz' `dot`.
#pragma once

#include <string>

#include "autograd/tape.h"

namespace weir {

/// A box for each entry with its op and shape, a frame around each scope, an arrow from each input to its
/// user; constants are not on a tape. `dot -Tsvg` draws it. Equal tapes give equal text.
std::string to_dot(const Tape& tape);

}  // namespace weir
