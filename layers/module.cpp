#include "layers/module.h"

namespace weir {

Var Module::operator()(const Var& x) const {
  const Tape::Scope scope = x.tape().scope(name_);
  return forward(x);
}

void Module::for_each_parameter(const ConstVisitor& f) const {
  // The visitor of the mutable form only hands out references; this one hands them on as const.
  const_cast<Module*>(this)->visit_parameters([&](Parameter& parameter) { f(parameter); });
}

void Module::for_each_buffer(const ConstVisitor& f) const {
  const_cast<Module*>(this)->visit_buffers([&](Parameter& buffer) { f(buffer); });
}

Index count_parameters(const Module& module) {
  Index count = 0;
  module.for_each_parameter([&](const Parameter& p) { count += p.value.shape().volume(); });
  return count;
}

Index count_buffers(const Module& module) {
  Index count = 0;
  module.for_each_buffer([&](const Parameter& p) { count += p.value.shape().volume(); });
  return count;
}

}  // namespace weir
