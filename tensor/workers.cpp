#include "tensor/workers.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <omp.h>
#include <sched.h>
#include <thread>

#include "tensor/profile.h"

namespace weir {
namespace {

using CpuList = std::vector<int>;

/// Where threads may run, a slot for each: OpenMP's places where the user has asked for some (OMP_PROC_BIND,
/// OMP_PLACES), since by then the main thread's own mask is its first place; else the CPUs in the mask.
std::vector<CpuList> slots_of_process() {
  std::vector<CpuList> slots;
  for (int place = 0; place < omp_get_num_places(); ++place) {
    slots.emplace_back(static_cast<std::size_t>(omp_get_place_num_procs(place)));
    omp_get_place_proc_ids(place, slots.back().data());
  }
  if (!slots.empty()) return slots;
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) == 0)
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &mask)) slots.push_back({cpu});
  if (slots.empty()) slots.push_back({0});
  return slots;
}

const std::vector<CpuList>& initial_slots() {
  static const std::vector<CpuList> slots = slots_of_process();  // before anything is pinned
  return slots;
}

std::atomic<int> budget{0};

/// Unpinned threads were seen packed on one core of a virtual machine for seconds. Only a user who asked for
/// fewer or more threads than slots, or who forbade binding, is left alone.
bool pinning_wanted() {
  if (thread_budget() != static_cast<int>(initial_slots().size())) return false;
  return omp_get_num_places() > 0 || !std::getenv("OMP_PROC_BIND");
}

void pin_to_slot(std::size_t slot) {
  if (!pinning_wanted()) return;
  cpu_set_t mask;
  CPU_ZERO(&mask);
  for (const int cpu : initial_slots()[slot % initial_slots().size()]) CPU_SET(cpu, &mask);
  sched_setaffinity(0, sizeof mask, &mask);
}

/// OpenMP moves a thread that it did not start to its first place, when that thread first enters a region of
/// it: all workers to the same core, whatever we had said before. Asked where it is, it does so at once, and
/// never again.
void let_openmp_bind_first() { static_cast<void>(omp_get_place_num()); }

void become_worker(std::size_t slot) {
  omp_set_num_threads(1);
  let_openmp_bind_first();
  pin_to_slot(slot);
}

/// True on a thread of the crew: it cannot wait for the crew.
thread_local bool in_crew = false;

/// Threads that live as long as the program (vendor primitives are cached per thread), started when first
/// needed.
class Crew {
 public:
  /// body(k) on thread k, for all k < count; one call at a time.
  void run(std::size_t count, const std::function<void(std::size_t)>& body) {
    expects(!in_crew, "pieces that must meet cannot be started by a piece of another batch");
    const std::lock_guard one_at_a_time(calls_);
    std::unique_lock lock(mutex_);
    while (threads_.size() < count) start(threads_.size());
    body_ = &body;
    wanted_ = count;
    left_ = count;
    ++round_;
    wake_.notify_all();
    done_.wait(lock, [&] { return left_ == 0; });
    body_ = nullptr;
  }

 private:
  void start(std::size_t number) {
    threads_.emplace_back([this, number, seen = round_] { work(number, seen); });
    threads_.back().detach();  // they wait for work until the process ends
  }

  void work(std::size_t number, std::uint64_t seen) {
    in_crew = true;
    become_worker(number % static_cast<std::size_t>(thread_budget()));
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return round_ != seen; });
      seen = round_;
      if (number >= wanted_) continue;
      const auto* body = body_;
      lock.unlock();
      (*body)(number);
      lock.lock();
      if (--left_ == 0) done_.notify_all();
    }
  }

  std::mutex calls_, mutex_;
  std::condition_variable wake_, done_;
  std::vector<std::thread> threads_;
  const std::function<void(std::size_t)>* body_ = nullptr;
  std::size_t wanted_ = 0, left_ = 0;
  std::uint64_t round_ = 0;
};

Crew& crew() {
  static Crew* crew = new Crew;  // outlives static destruction: its threads may still be waiting
  return *crew;
}

void rethrow_first(const std::vector<std::exception_ptr>& errors) {
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
}

}  // namespace

int thread_budget() {
  const int set = budget.load();
  return set > 0 ? set : static_cast<int>(initial_slots().size());
}

void set_thread_budget(int threads) {
  if (threads < 1 || threads > 1024)
    fail({.kind = ErrorKind::usage,
          .code = "E0205",
          .message = fmt::format("`--threads` must be 1 to 1024, found {}", threads),
          .help = fmt::format("leave it out to use all {} cores", initial_slots().size())});
  budget = threads;
  omp_set_num_threads(threads);
}

int threads_here() { return in_crew || omp_in_parallel() ? 1 : thread_budget(); }

void place_layer_threads() {
  thread_local bool placed = false;
  if (placed || in_crew) return;
  placed = true;
#pragma omp parallel num_threads(thread_budget())
  if (omp_get_thread_num() > 0) pin_to_slot(static_cast<std::size_t>(omp_get_thread_num()));
}

void run_pieces(Index pieces, const std::function<void(Index)>& body) {
  if (pieces <= 0) return;
  std::atomic<Index> next{0};
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(pieces));
  const auto work = [&](std::size_t) {
    for (Index piece = next++; piece < pieces; piece = next++) {
      try {
        body(piece);
      } catch (...) {
        errors[static_cast<std::size_t>(piece)] = std::current_exception();
      }
    }
  };
  if (in_crew)
    work(0);
  else
    crew().run(static_cast<std::size_t>(std::min<Index>(pieces, thread_budget())), work);
  rethrow_first(errors);
}

struct Cohort::State {
  Index pieces = 0;
  std::mutex mutex;
  std::condition_variable all_here;
  std::vector<std::mutex> slots;  // a piece computes while it holds its slot
  std::vector<std::vector<double>> offered, gathered;
  Index arrived = 0, returned = 0;
  std::uint64_t round = 0;
  bool failed = false;
  std::exception_ptr cause;

  /// With the mutex held.
  void fail_all(std::exception_ptr why) {
    if (!failed) cause = std::move(why);
    failed = true;
    all_here.notify_all();
  }
  /// With the mutex held: some wait, and the others will not come.
  void fail_if_nobody_comes() {
    if (arrived == 0 || returned == 0 || arrived + returned < pieces) return;
    fail_all(std::make_exception_ptr(Error(
        {.message = fmt::format("{} of {} pieces wait for the others, which have returned", arrived, pieces),
         .note = "batch norm in training needs every piece of the batch, forward and backward",
         .help = "let every piece take the same steps: all call backward, or none does"})));
  }
};

Cohort::Cohort(Index pieces) : state_(std::make_unique<State>()) {
  state_->pieces = pieces;
  state_->slots = std::vector<std::mutex>(static_cast<std::size_t>(thread_budget()));
  state_->offered.resize(static_cast<std::size_t>(pieces));
}

Cohort::~Cohort() = default;

Index Cohort::pieces() const { return state_->pieces; }

std::vector<std::vector<double>> Cohort::all_gather(Index piece, std::span<const double> values) {
  State& s = *state_;
  std::mutex& slot = s.slots[static_cast<std::size_t>(piece) % s.slots.size()];
  std::unique_lock lock(s.mutex);
  s.offered[static_cast<std::size_t>(piece)].assign(values.begin(), values.end());
  if (++s.arrived == s.pieces) {
    s.gathered = s.offered;
    s.arrived = 0;
    ++s.round;
    s.all_here.notify_all();
    return s.gathered;
  }
  s.fail_if_nobody_comes();
  const std::uint64_t mine = s.round;
  lock.unlock();
  const ProfileScope away(Timed::away);
  // Without the lock: whoever waits for the slot may take this core at once, and for milliseconds.
  slot.unlock();
  lock.lock();
  s.all_here.wait(lock, [&] { return s.round != mine || s.failed; });
  const bool met = s.round != mine;
  // Nobody can start the next round's gather before everyone has left this one: see arrived.
  auto result = met ? s.gathered : std::vector<std::vector<double>>();
  lock.unlock();
  slot.lock();
  if (!met) throw std::runtime_error("another piece of the batch failed");
  return result;
}

void Cohort::run(const std::function<void(Index)>& body) {
  State& s = *state_;
  const ProfileScope whole(Timed::cohort, thread_budget());
  crew().run(static_cast<std::size_t>(s.pieces), [&](std::size_t piece) {
    const std::unique_lock slot(s.slots[piece % s.slots.size()]);
    const ProfileScope busy(Timed::piece);
    try {
      body(static_cast<Index>(piece));
      const std::lock_guard lock(s.mutex);
      ++s.returned;
      s.fail_if_nobody_comes();
    } catch (...) {
      const std::lock_guard lock(s.mutex);
      s.fail_all(std::current_exception());
    }
  });
  if (s.cause) std::rethrow_exception(s.cause);
}

}  // namespace weir
