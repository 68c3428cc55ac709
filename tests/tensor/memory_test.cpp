/// Memory: the pool asks the system for nothing in a steady state, and the emulated device's memory kills
/// whoever touches it from the host.
#include "tensor/memory.h"

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <thread>

#include "tensor/ops/activation.h"
#include "tensor/ops/pointwise.h"
#include "tests/support/data.h"
#include "tests/support/devices.h"

namespace weir {
namespace {

class MemoryOn : public testing::TestWithParam<std::string>, protected DeviceTest {
 protected:
  void SetUp() override { set_device(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Devices, MemoryOn, testing::ValuesIn(device_names()), device_test_name);

TEST_P(MemoryOn, ASteadyLoopAsksTheSystemForNothing) {
  Tensor x = tensor_of(Values(3000, 0.5), {3000}, device());
  const Tensor slope = tensor_of(Values(3000, 0.25), {3000}, device());
  const auto step = [&] { x = clip(add_scaled(x, 0.1, sign(slope)), {-1, 1}); };
  step();
  step();
  const PoolStatistics before = device().pool().statistics();
  for (int i = 0; i < 50; ++i) step();
  const PoolStatistics after = device().pool().statistics();
  EXPECT_EQ(after.system_allocations, before.system_allocations);
  EXPECT_EQ(after.bytes_from_system, before.bytes_from_system);
  EXPECT_EQ(after.bytes_in_use, before.bytes_in_use);
  EXPECT_GT(after.peak_bytes_in_use, after.bytes_in_use) << "intermediate results are counted";
}

TEST_P(MemoryOn, BlocksAreAlignedAndDistinct) {
  std::vector<std::unique_ptr<Buffer>> buffers;
  for (const std::size_t bytes : {1, 64, 255, 256, 257, 4095, 4097, 100000})
    buffers.push_back(std::make_unique<Buffer>(device().pool(), bytes));
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const auto first = reinterpret_cast<std::uintptr_t>(buffers[i]->data());
    EXPECT_EQ(first % 64, 0u);
    for (std::size_t k = 0; k < i; ++k) {
      const auto other = reinterpret_cast<std::uintptr_t>(buffers[k]->data());
      EXPECT_TRUE(other + buffers[k]->bytes() <= first || first + buffers[i]->bytes() <= other);
    }
  }
}

/// Memory of so many bytes.
class SmallMemory : public Memory {
 public:
  explicit SmallMemory(std::size_t bytes) : left_(bytes) {}
  void* allocate(std::size_t bytes) override {
    if (bytes > left_) fail({.kind = ErrorKind::resource, .code = "E0612", .message = "full"});
    left_ -= bytes;
    return host_memory().allocate(bytes);
  }
  void release(void* data, std::size_t bytes) noexcept override {
    left_ += bytes;
    host_memory().release(data, bytes);
  }
  void copy_from_host(void*, const void*, std::size_t) override {}
  void copy_to_host(void*, const void*, std::size_t) override {}
  void copy(void*, const void*, std::size_t) override {}
  void fill(void*, int, std::size_t) override {}

 private:
  std::size_t left_;
};

TEST(Pool, GivesBackWhatNobodyUsesBeforeItCallsMemoryFull) {
  SmallMemory memory(10'000);
  Pool pool(memory);
  const Buffer kept(pool, 1024);
  pool.give(pool.take(4096), 4096);
  pool.give(pool.take(2048), 2048);
  const Buffer larger(pool, 8192);  // 1024 are in use and 6144 lie idle
  EXPECT_EQ(pool.statistics().bytes_from_system, 1024u + 8192u);
  EXPECT_EQ(pool.statistics().bytes_in_use, 1024u + 8192u);
  EXPECT_THROW(pool.take(1024), Error);
}

/// What a memory checker needs: nothing lies behind a block, and a block that is given back is gone.
TEST(Pool, KeepsAndRoundsNothingWhereReuseIsOff) {
  ASSERT_EQ(setenv("WEIR_POOL", "off", 1), 0);
  SmallMemory memory(1000);
  Pool pool(memory);
  unsetenv("WEIR_POOL");
  for (int i = 0; i < 3; ++i) pool.give(pool.take(1000), 1000);
  EXPECT_EQ(pool.statistics().system_allocations, 3u);
  EXPECT_EQ(pool.statistics().bytes_from_system, 0u);
  EXPECT_EQ(pool.statistics().bytes_in_use, 0u);
}

TEST(Pool, ServesSeveralThreadsAtOnce) {
  Pool pool(host_memory());
  std::vector<std::thread> threads;
  std::atomic<int> damaged{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&pool, &damaged, t] {
      for (int i = 0; i < 2000; ++i) {
        const std::size_t bytes = static_cast<std::size_t>(64 + i % 7 * 300);
        const Buffer buffer(pool, bytes);
        std::memset(buffer.data(), t, bytes);
        const auto* data = static_cast<const unsigned char*>(buffer.data());
        if (data[0] != t || data[bytes - 1] != t) ++damaged;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(damaged, 0);
  EXPECT_EQ(pool.statistics().bytes_in_use, 0u);
  EXPECT_LE(pool.statistics().system_allocations, 4u * 7);
}

#ifdef WEIR_CHECKS
TEST_P(MemoryOn, FreshMemoryIsPoisonedInChecks) {
  for (const double value : Tensor::uninitialised({300}, device()).to_host_double())
    EXPECT_TRUE(std::isnan(value));
}
#endif

class EmulatedMemoryDeath : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(EmulatedMemoryDeath, TheHostMayNotRead) {
  const Tensor x = tensor_of({1, 2, 3}, {3}, Device::named("emulated"));
  EXPECT_DEATH(
      {
        volatile float stolen = x.read<float>()[0];
        (void)stolen;
      },
      "");
  EXPECT_EQ(x.to_host_double(), (Values{1, 2, 3})) << "a copy to the host is the way";
}

TEST_F(EmulatedMemoryDeath, TheHostMayNotWrite) {
  Tensor x = tensor_of({1, 2, 3}, {3}, Device::named("emulated"));
  EXPECT_DEATH({ const_cast<volatile float*>(x.update<float>())[0] = 4; }, "");
}

TEST_F(EmulatedMemoryDeath, TheDoorClosesBehindAKernel) {
  const Tensor x = relu(tensor_of({-1, 2}, {2}, Device::named("emulated")));
  EXPECT_DEATH(
      {
        volatile float stolen = x.read<float>()[1];
        (void)stolen;
      },
      "");
}

/// `ulimit -v` of people who share a machine; the range of `emulated` alone is 64 GiB.
TEST_F(EmulatedMemoryDeath, OtherDevicesNeedNoneOfItsAddresses) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer's own addresses are above any limit";
#endif
  const auto work_within_eight_gigabytes = [] {
    const rlimit eight{std::size_t{8} << 30, std::size_t{8} << 30};
    setrlimit(RLIMIT_AS, &eight);
    std::_Exit(relu(tensor_of({-1, 2}, {2}, Device::reference())).to_host_double()[1] == 2 ? 0 : 1);
  };
  EXPECT_EXIT(work_within_eight_gigabytes(), testing::ExitedWithCode(0), "");
}

TEST(EmulatedMemory, OpensOnlyWhileAnAccessLives) {
  const Tensor x = tensor_of({1, 2, 3}, {3}, Device::named("emulated"));
  const MemoryAccess access(x.device().memory());
  EXPECT_EQ(x.read<float>()[2], 3.0f);
}

}  // namespace
}  // namespace weir
