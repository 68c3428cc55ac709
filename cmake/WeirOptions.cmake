# Every option of the build, one sentence each.
set(WEIR_ONEDNN AUTO CACHE STRING "Build the onednn device: AUTO (when found), ON (an error when missing) or OFF")
set(WEIR_ARCH native CACHE STRING "Instruction set of our own code: native, or x86-64-v3 for packages and bits that travel")
set(WEIR_SANITIZE none CACHE STRING "none, address (AddressSanitizer and UBSan) or thread")
option(WEIR_TESTS "Build the tests" ON)
option(WEIR_BENCH "Build the benchmarks" ON)
option(WEIR_WERROR "Warnings are errors; on in the ci preset only, since a newer compiler may know new warnings" OFF)
option(WEIR_CHECKS "Poison uninitialised memory with NaN and check our own invariants" OFF)
set_property(CACHE WEIR_ONEDNN PROPERTY STRINGS AUTO ON OFF)
set_property(CACHE WEIR_SANITIZE PROPERTY STRINGS none address thread)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# What every target of ours is compiled with.
add_library(weir_flags INTERFACE)
target_compile_features(weir_flags INTERFACE cxx_std_20)
target_compile_options(weir_flags INTERFACE
  -Wall -Wextra -Wshadow -Wpedantic
  -march=${WEIR_ARCH}
  -ffp-contract=off          # the same bits for the same text; kernels that want FMA call fma
  -fno-math-errno -fno-trapping-math   # let loops vectorise; neither changes a result
  $<$<BOOL:${WEIR_WERROR}>:-Werror>)
target_compile_definitions(weir_flags INTERFACE $<$<BOOL:${WEIR_CHECKS}>:WEIR_CHECKS>)
if(WEIR_SANITIZE STREQUAL "address")
  set(weir_sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(WEIR_SANITIZE STREQUAL "thread")
  set(weir_sanitizers -fsanitize=thread -fno-omit-frame-pointer)
endif()
target_compile_options(weir_flags INTERFACE ${weir_sanitizers})
target_link_options(weir_flags INTERFACE ${weir_sanitizers})
