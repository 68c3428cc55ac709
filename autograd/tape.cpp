#include "autograd/tape.h"

#include <algorithm>

#include "tensor/ops/pointwise.h"
#include "tensor/profile.h"

namespace weir {

// ---- Cotangents ----------------------------------------------------------------------------------

bool Cotangents::wants(int input) const { return tape_.wants(of_.inputs[static_cast<std::size_t>(input)]); }

void Cotangents::add(int input, Tensor contribution) {
  ensures(wants(input), "a pullback delivered a cotangent that nobody asked for");
  const auto index = static_cast<std::size_t>(of_.inputs[static_cast<std::size_t>(input)]);
  const Shape& shape = tape_.entries()[index].value.shape();
  expects(contribution.shape() == shape.with_rows(count_ * shape[0]),
          "the pullback of `{}` gave {} for its input {} of {} and {} cotangents", of_.path,
          to_string(contribution.shape()), input, to_string(shape), count_);
  Tensor& slot = slots_[index];
  slot = slot.defined() ? slot + contribution : std::move(contribution);
}

// ---- Gradients -----------------------------------------------------------------------------------

const Tensor& Gradients::operator[](const Var& value) const {
  const auto found = values_.find(value.index());
  expects(found != values_.end(),
          "no gradient was kept for this value: it is not an input, or nothing flowed there");
  return found->second;
}

const Tensor& Gradients::operator[](const Parameter& parameter) const {
  const Tensor* gradient = find(parameter);
  expects(gradient != nullptr,
          "no gradient of `{}`: the tape did not record parameters, or nothing flowed there", parameter.name);
  return *gradient;
}

const Tensor* Gradients::find(const Parameter& parameter) const {
  const auto found = parameters_.find(&parameter);
  return found == parameters_.end() ? nullptr : &found->second;
}

const Tensor* Gradients::find(std::string_view path) const {
  const auto index = paths_.find(std::string(path));
  if (index == paths_.end()) return nullptr;
  const auto found = values_.find(index->second);
  return found == values_.end() ? nullptr : &found->second;
}

void Gradients::add_parameters_of(const Gradients& other) {
  for (const auto& [parameter, gradient] : other.parameters_) {
    const auto [slot, is_new] = parameters_.try_emplace(parameter, gradient);
    if (!is_new) slot->second = slot->second + gradient;
  }
}

// ---- Tape ----------------------------------------------------------------------------------------

Tape::Scope::Scope(Tape& tape, std::string_view name) : tape_(tape), length_before_(tape.path_.size()) {
  if (name.empty()) return;
  if (!tape.path_.empty()) tape.path_ += '/';
  tape.path_ += name;
}

Tape::Scope::~Scope() { tape_.path_.resize(length_before_); }

Tape::Tape(TapeOptions options) : options_(options) {
  if (options_.edits) edit_matched_.resize(options_.edits->size());
}

int Tape::append(Entry entry, bool wanted) {
  if (options_.record == Record::nothing) return -1;
  wanted = wanted && records_gradients();
  if (options_.edits && wanted)
    for (std::size_t e = 0; e < options_.edits->size(); ++e) {
      const Edit& edit = (*options_.edits)[e];
      if (edit.what == Edited::gradient && matches(edit.pattern, entry.path)) edit_matched_[e] = true;
    }
  entries_.push_back(std::move(entry));
  wanted_.push_back(wanted);
  return static_cast<int>(entries_.size()) - 1;
}

std::string Tape::path_of(std::string_view op) const {
  return path_.empty() ? std::string(op) : path_ + "/" + std::string(op);
}

Tensor Tape::edited(std::string_view path, Tensor value) {
  if (!options_.edits) return value;
  for (std::size_t e = 0; e < options_.edits->size(); ++e) {
    const Edit& edit = (*options_.edits)[e];
    if (edit.what != Edited::value || !matches(edit.pattern, path)) continue;
    value = applied(edit, value, path);
    edit_matched_[e] = true;
  }
  return value;
}

void Tape::edit_gradient(std::string_view path, Tensor& gradient) const {
  if (!options_.edits) return;
  for (const Edit& edit : *options_.edits)
    if (edit.what == Edited::gradient && matches(edit.pattern, path))
      gradient = applied(edit, gradient, path);
}

void Tape::expect_edits_matched() const {
  for (std::size_t e = 0; e < edit_matched_.size(); ++e) {
    const Edit& edit = (*options_.edits)[e];
    expects(edit_matched_[e], "the edit `{}` matches no {} of this tape", edit.pattern,
            edit.what == Edited::value ? "value" : "gradient");
  }
}

Var Tape::input(Tensor value, std::string name) {
  value = edited(name, std::move(value));
  const int index =
      append({.path = std::move(name), .op = "input", .inputs = {}, .value = value, .pullback = {}}, true);
  return Var(*this, index, std::move(value));
}

Var Tape::constant(Tensor value) { return Var(*this, -1, std::move(value)); }

Var Tape::parameter(const Parameter& parameter) {
  if (options_.record != Record::for_all) return constant(edited(parameter.name, parameter.value));
  const auto known = parameter_index_.find(&parameter);
  if (known != parameter_index_.end())
    return Var(*this, known->second, entries_[static_cast<std::size_t>(known->second)].value);
  const Tensor value = edited(parameter.name, parameter.value);
  const int index =
      append({.path = parameter.name, .op = "parameter", .inputs = {}, .value = value, .pullback = {}}, true);
  parameters_.emplace_back(index, &parameter);
  parameter_index_[&parameter] = index;
  return Var(*this, index, value);
}

Var Tape::record(std::string_view op, std::initializer_list<Var> inputs, Tensor value, Pullback pullback) {
  Profile::name_kernels(op);
  if (options_.edits) value = edited(path_of(op), std::move(value));
  if (options_.record == Record::nothing) return Var(*this, -1, std::move(value));
  Entry entry{.path = path_of(op), .op = op, .inputs = {}, .value = value, .pullback = {}};
  bool wanted = false;
  for (const Var& input : inputs) {
    entry.inputs.push_back(input.index());
    wanted = wanted || wants(input.index());
  }
  if (wanted) entry.pullback = std::move(pullback);
  const int index = append(std::move(entry), wanted);
  return Var(*this, index, std::move(value));
}

Gradients Tape::backward(const Var& y, Keep keep) const {
  return backward(y, Tensor::filled(y.shape(), 1, y.device(), y.value().dtype()), keep);
}

Gradients Tape::backward(const Var& y, const Tensor& dy, Keep keep) const {
  expects(records_gradients(),
          "this tape records no gradients; make it with Record::for_input or Record::for_all");
  expect_edits_matched();
  expects(y.index() >= 0 && wants(y.index()), "nothing that y depends on wants a gradient");
  expects(y.value().rows() == 0
              ? dy.rows() == 0
              : dy.rows() % y.value().rows() == 0 && dy.shape() == y.shape().with_rows(dy.rows()),
          "a cotangent of {} must have its shape, with K times its rows; got {}", to_string(y.shape()),
          to_string(dy.shape()));
  expects(parameters_.empty() || dy.rows() == y.value().rows(),
          "{} cotangents at once give input gradients only; record with Record::for_input",
          dy.rows() / std::max<Index>(y.value().rows(), 1));
  const Index cotangents = y.value().rows() == 0 ? 1 : dy.rows() / y.value().rows();
  std::vector<Tensor> slots(entries_.size());
  slots[static_cast<std::size_t>(y.index())] = dy;
  for (std::size_t i = static_cast<std::size_t>(y.index()) + 1; i-- > 0;) {
    const Entry& entry = entries_[i];
    if (!slots[i].defined()) continue;
    edit_gradient(entry.path, slots[i]);
    if (!entry.pullback) continue;
    Cotangents flow(*this, entry, slots, cotangents);
    entry.pullback(slots[i], flow);
    Profile::name_kernels(entry.op, " gradient");
    if (keep == Keep::leaves && static_cast<int>(i) != y.index()) slots[i] = Tensor();
  }
  Gradients result;
  for (const auto& [index, parameter] : parameters_)
    if (slots[static_cast<std::size_t>(index)].defined())
      result.parameters_.emplace(parameter, slots[static_cast<std::size_t>(index)]);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i].defined()) continue;
    result.values_.emplace(static_cast<int>(i), std::move(slots[i]));
    result.paths_.emplace(entries_[i].path, static_cast<int>(i));
  }
  return result;
}

const Entry* Tape::find(std::string_view path) const {
  for (const Entry& entry : entries_)
    if (entry.path == path) return &entry;
  return nullptr;
}

namespace {

/// Whether `scope` is a whole part of the path: "conv1" of "block/conv1/relu", not of "conv10/relu".
bool lies_in(std::string_view path, std::string_view scope) {
  for (std::size_t at = path.find(scope); at != path.npos; at = path.find(scope, at + 1)) {
    const std::size_t end = at + scope.size();
    if ((at == 0 || path[at - 1] == '/') && (end == path.size() || path[end] == '/')) return true;
  }
  return false;
}

}  // namespace

const Entry* Tape::last_in_scope(std::string_view name, std::string_view op) const {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry)
    if (lies_in(entry->path, name) && (op.empty() || entry->op == op)) return &*entry;
  return nullptr;
}

}  // namespace weir
