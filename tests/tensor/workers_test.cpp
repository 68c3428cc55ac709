/// Workers: every piece once, errors come home, a cohort meets in the middle, and a piece that fails leaves
/// nobody waiting.
#include "tensor/workers.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cstdlib>
#include <gtest/gtest.h>
#include <mutex>
#include <omp.h>
#include <sched.h>
#include <set>
#include <stdexcept>
#include <thread>

#include "tests/support/environment_variable.h"
#include "tests/support/thread_budget.h"

namespace weir {
namespace {

TEST(Workers, RunEveryPieceExactlyOnce) {
  for (const int threads : {1, 2, 3, 8})
    for (const Index pieces : {0, 1, 2, 7, 100}) {
      const ThreadBudget budget(threads);
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(pieces));
      run_pieces(pieces, [&](Index piece) { ++runs[static_cast<std::size_t>(piece)]; });
      for (const auto& count : runs) EXPECT_EQ(count, 1) << threads << " threads, " << pieces << " pieces";
    }
}

TEST(Workers, UseNoMoreThreadsThanTheBudgetAndOneInsideEach) {
  const ThreadBudget budget(3);
  std::mutex mutex;
  std::set<std::thread::id> seen;
  std::atomic<int> inner{0}, widest{0}, now{0};
  run_pieces(24, [&](Index) {
    const int together = ++now;
    int before = widest;
    while (before < together && !widest.compare_exchange_weak(before, together)) {
    }
    inner = std::max({inner.load(), omp_get_max_threads(), threads_here()});
    {
      const std::lock_guard lock(mutex);
      seen.insert(std::this_thread::get_id());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --now;
  });
  EXPECT_LE(seen.size(), 3u);
  EXPECT_LE(widest, 3);
  EXPECT_EQ(inner, 1) << "OpenMP and our own loops must see one thread inside a piece";
  EXPECT_EQ(threads_here(), 3);
}

/// The CPUs that each of the crew's threads may run on, after a library has opened a parallel region there.
std::vector<cpu_set_t> cpus_of_the_crew() {
  const int threads = thread_budget();
  std::vector<cpu_set_t> cpus(static_cast<std::size_t>(threads));
  std::barrier all_here(threads);  // so that each thread takes one piece
  run_pieces(threads, [&](Index piece) {
    all_here.arrive_and_wait();
#pragma omp parallel num_threads(1)
    sched_getaffinity(0, sizeof(cpu_set_t), &cpus[static_cast<std::size_t>(piece)]);
  });
  return cpus;
}

bool share_none(const std::vector<cpu_set_t>& cpus) {
  if (std::ranges::any_of(cpus, [](const cpu_set_t& set) { return CPU_COUNT(&set) == 0; })) return false;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (std::ranges::count_if(cpus, [&](const cpu_set_t& set) { return CPU_ISSET(cpu, &set); }) > 1)
      return false;
  return true;
}

TEST(Workers, StayOnCoresOfTheirOwnWhereOpenMpBindsThreads) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "one core has nothing to share";
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // in a process of its own, which reads the variables anew
  const EnvironmentVariable bind("OMP_PROC_BIND", "close"), places("OMP_PLACES", "threads");
  EXPECT_EXIT(std::exit(thread_budget() > 1 && share_none(cpus_of_the_crew()) ? 0 : 1),
              testing::ExitedWithCode(0), "");
}

TEST(Workers, RethrowTheErrorOfTheLowestPieceAndRunTheOthers) {
  const ThreadBudget budget(2);
  std::atomic<int> finished{0};
  try {
    run_pieces(9, [&](Index piece) {
      if (piece == 3 || piece == 7) throw std::runtime_error("piece " + std::to_string(piece));
      ++finished;
    });
    FAIL() << "no error came home";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "piece 3");
  }
  EXPECT_EQ(finished, 7);
  run_pieces(4, [&](Index) { ++finished; });
  EXPECT_EQ(finished, 11) << "the crew works on after an error";
}

TEST(Workers, APieceMayRunPiecesOfItsOwn) {
  for (const int threads : {1, 3}) {
    const ThreadBudget budget(threads);
    std::atomic<int> inner{0}, strangers{0};
    run_pieces(5, [&](Index) {
      const auto me = std::this_thread::get_id();
      run_pieces(7, [&](Index) {
        ++inner;
        strangers += std::this_thread::get_id() != me;
      });
    });
    EXPECT_EQ(inner, 35);
    EXPECT_EQ(strangers, 0) << "they stay on the thread of the piece that runs them";
  }
}

TEST(Workers, APieceCannotStartPiecesThatMustMeet) {
  EXPECT_THROW(run_pieces(2,
                          [](Index) {
                            Cohort cohort(2);
                            cohort.run([](Index) {});
                          }),
               Error);
}

TEST(Workers, RefuseABudgetOfNobody) {
  EXPECT_THROW(set_thread_budget(0), Error);
  EXPECT_THROW(set_thread_budget(1025), Error);
}

TEST(Cohort, GathersTheValuesOfAllPiecesInPieceOrderRoundAfterRound) {
  for (const int threads : {1, 2, 3})
    for (const Index pieces : {1, 2, 5, 13}) {
      const ThreadBudget budget(threads);
      Cohort cohort(pieces);
      std::atomic<int> wrong{0};
      cohort.run([&](Index piece) {
        for (double round = 0; round < 20; ++round) {
          const std::vector<double> mine(static_cast<std::size_t>(piece) + 1,
                                         100 * round + static_cast<double>(piece));
          const auto all = cohort.all_gather(piece, mine);
          if (static_cast<Index>(all.size()) != pieces) ++wrong;
          for (Index other = 0; other < static_cast<Index>(all.size()); ++other) {
            const std::vector<double> expected(static_cast<std::size_t>(other) + 1,
                                               100 * round + static_cast<double>(other));
            if (all[static_cast<std::size_t>(other)] != expected) ++wrong;
          }
        }
      });
      EXPECT_EQ(wrong, 0) << threads << " threads, " << pieces << " pieces";
    }
}

TEST(Cohort, ComputesOnNoMoreThreadsThanTheBudget) {
  const ThreadBudget budget(2);
  Cohort cohort(9);
  std::atomic<int> now{0}, widest{0};
  cohort.run([&](Index piece) {
    for (int round = 0; round < 5; ++round) {
      const int together = ++now;
      int before = widest;
      while (before < together && !widest.compare_exchange_weak(before, together)) {
      }
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      --now;
      cohort.all_gather(piece, {});
    }
  });
  EXPECT_LE(widest, 2);
}

TEST(Cohort, AFailureEndsEveryPieceWithTheFirstCause) {
  for (const int threads : {1, 3})
    for (const Index culprit : {0, 4, 6}) {
      const ThreadBudget budget(threads);
      Cohort cohort(7);
      std::atomic<int> released{0};
      try {
        cohort.run([&](Index piece) {
          if (piece == culprit) throw std::invalid_argument("the first cause");
          try {
            cohort.all_gather(piece, {});
          } catch (...) {
            ++released;
            throw;
          }
        });
        FAIL() << "no error came home";
      } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(), "the first cause");
      }
      EXPECT_EQ(released, 6) << "all others were told";
    }
  Cohort next(3);
  std::atomic<int> met{0};
  next.run([&](Index piece) { met += static_cast<int>(next.all_gather(piece, {}).size()); });
  EXPECT_EQ(met, 9) << "the crew works on after a failure";
}

/// Whoever goes to a meeting that the others have left out must hear of it, not wait.
TEST(Cohort, APieceThatWaitsForPiecesThatHaveReturnedIsToldSo) {
  for (const int threads : {1, 2, 3})
    for (const Index loner : {0, 1, 2})
      for (const int rounds : {0, 2}) {
        const ThreadBudget budget(threads);
        Cohort cohort(3);
        std::atomic<int> told{0};
        try {
          cohort.run([&](Index piece) {
            for (int round = 0; round < rounds; ++round) cohort.all_gather(piece, {});
            if (piece != loner) return;
            try {
              cohort.all_gather(piece, {});
            } catch (...) {
              ++told;
              throw;
            }
          });
          FAIL() << "piece " << loner << " met nobody and did not notice";
        } catch (const Error& error) {
          EXPECT_EQ(error.diagnosis().message, "1 of 3 pieces wait for the others, which have returned");
        }
        EXPECT_EQ(told, 1);
      }
}

}  // namespace
}  // namespace weir
