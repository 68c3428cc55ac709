/// What a layer or a network is: parameters and a forward pass that never changes them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "autograd/tape.h"

namespace weir {

class Module {
 public:
  explicit Module(std::string name) : name_(std::move(name)) {}
  virtual ~Module() = default;

  const std::string& name() const { return name_; }
  /// Opens a scope with this module's name, then computes. [N, ...] -> [N, ...].
  Var operator()(const Var& x) const;

  virtual void for_each_parameter(const std::function<void(Parameter&)>&) {}
  /// Running statistics: saved and counted, not trained.
  virtual void for_each_buffer(const std::function<void(Parameter&)>&) {}
  void for_each_parameter(const std::function<void(const Parameter&)>& f) const;
  void for_each_buffer(const std::function<void(const Parameter&)>& f) const;
  virtual std::unique_ptr<Module> clone() const = 0;

 protected:
  Module(const Module&) = default;
  Module& operator=(const Module&) = default;

 private:
  virtual Var forward(const Var& x) const = 0;
  std::string name_;
};

/// Trained scalars, and with buffers the running statistics too.
Index count_parameters(const Module& module);
Index count_buffers(const Module& module);

}  // namespace weir
