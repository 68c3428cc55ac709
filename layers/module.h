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

  using Visitor = std::function<void(Parameter&)>;
  using ConstVisitor = std::function<void(const Parameter&)>;
  /// In order of the forward pass.
  void for_each_parameter(const Visitor& f) { visit_parameters(f); }
  void for_each_parameter(const ConstVisitor& f) const;
  /// Running statistics: saved and counted, not trained.
  void for_each_buffer(const Visitor& f) { visit_buffers(f); }
  void for_each_buffer(const ConstVisitor& f) const;
  virtual std::unique_ptr<Module> clone() const = 0;

 protected:
  Module(const Module&) = default;
  Module& operator=(const Module&) = default;

 private:
  virtual Var forward(const Var& x) const = 0;
  virtual void visit_parameters(const Visitor&) {}
  virtual void visit_buffers(const Visitor&) {}
  std::string name_;
};

/// Trained scalars, and with buffers the running statistics too.
Index count_parameters(const Module& module);
Index count_buffers(const Module& module);

}  // namespace weir
