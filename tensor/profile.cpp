#include "tensor/profile.h"

#include "tensor/check.h"

namespace weir {
namespace {

void add_to(Profile::Sum& sum, const Profile::Sum& more) {
  sum.milliseconds += more.milliseconds;
  sum.calls += more.calls;
}

}  // namespace

Profile::Profile() {
  Profile* none = nullptr;
  expects(active_.compare_exchange_strong(none, this), "another profile is collecting");
}

Profile::~Profile() { active_ = nullptr; }

Profile::Sum Profile::of(Timed what) const {
  const std::lock_guard lock(mutex_);
  const auto found = sums_.find(what);
  return found == sums_.end() ? Sum{} : found->second;
}

std::map<std::string, Profile::Sum> Profile::kernels() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Sum> result = kernels_;
  for (const auto& [thread, sum] : unnamed_)
    if (sum.calls > 0) add_to(result["outside the tape"], sum);
  return result;
}

void Profile::add(Timed what, double milliseconds) {
  const std::lock_guard lock(mutex_);
  add_to(sums_[what], {milliseconds, 1});
  if (what == Timed::kernel) add_to(unnamed_[std::this_thread::get_id()], {milliseconds, 1});
}

void Profile::name(std::string_view op, std::string_view suffix) {
  const std::lock_guard lock(mutex_);
  Sum& mine = unnamed_[std::this_thread::get_id()];
  if (mine.calls > 0) add_to(kernels_[std::string(op) + std::string(suffix)], mine);
  mine = {};
}

}  // namespace weir
