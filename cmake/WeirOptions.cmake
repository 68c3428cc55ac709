# Every option of the build, one sentence each.
set(WEIR_OPENBLAS AUTO CACHE STRING "Build the openblas device: AUTO (when found), ON (an error when missing) or OFF")
set(WEIR_ONEDNN AUTO CACHE STRING "Build the onednn device: AUTO (when found), ON (an error when missing) or OFF")
set(WEIR_ARCH native CACHE STRING "Instruction set of our own code: native, or x86-64-v3 for packages and bits that travel")
set(WEIR_SANITIZE none CACHE STRING "none, address (AddressSanitizer and UBSan) or thread")
set(WEIR_CUDA AUTO CACHE STRING "Build the cuda device: AUTO (where nvcc and a GPU are found), ON (an error without nvcc) or OFF")
set(WEIR_TESTS AUTO CACHE STRING "Build the tests: AUTO (when GoogleTest is found), ON (an error when missing) or OFF")
set(WEIR_BENCH AUTO CACHE STRING "Build the benchmarks: AUTO (when Google Benchmark is found), ON (an error when missing) or OFF")
set(WEIR_DEPS "" CACHE PATH "A folder of scripts/gather-dependencies to take third-party code from, instead of installed packages")
option(WEIR_FMT_HEADER_ONLY "For programs that travel without libfmt.so; a file that formats compiles 2 to 6 times as long" OFF)
option(WEIR_WERROR "Warnings are errors; on in the ci preset only, since a newer compiler may know new warnings" OFF)
option(WEIR_CHECKS "Poison uninitialised memory with NaN and check our own invariants" OFF)
set_property(CACHE WEIR_OPENBLAS WEIR_ONEDNN WEIR_CUDA WEIR_TESTS WEIR_BENCH PROPERTY STRINGS AUTO ON OFF)
set_property(CACHE WEIR_SANITIZE PROPERTY STRINGS none address thread)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# What every target of ours is compiled with. Programs elsewhere that link the libraries choose their own warnings and
# instruction set; what decides the bits of code in our headers goes along.
add_library(weir_flags INTERFACE)
set(cxx "$<COMPILE_LANGUAGE:CXX>")  # nvcc has its own: WeirCuda.cmake
target_compile_features(weir_flags INTERFACE cxx_std_20)
target_compile_options(weir_flags INTERFACE
  "$<BUILD_INTERFACE:$<${cxx}:-Wall;-Wextra;-Wshadow;-Wpedantic>>"
  $<BUILD_INTERFACE:$<$<AND:${cxx},$<CXX_COMPILER_ID:GNU>>:-Wno-restrict>>   # g++ 12 sees overlaps in std::string::insert that cannot happen (its bug 105651)
  $<BUILD_INTERFACE:$<${cxx}:-march=${WEIR_ARCH}>>
  $<BUILD_INTERFACE:$<${cxx}:-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=>>   # messages say tensor/check.h, wherever it was compiled
  $<${cxx}:-ffp-contract=off>          # the same bits for the same text; kernels that want FMA call fma
  "$<BUILD_INTERFACE:$<${cxx}:-fno-math-errno;-fno-trapping-math>>"   # let loops vectorise; neither changes a result
  $<BUILD_INTERFACE:$<$<AND:${cxx},$<BOOL:${WEIR_WERROR}>>:-Werror>>)
target_compile_definitions(weir_flags INTERFACE $<$<BOOL:${WEIR_CHECKS}>:WEIR_CHECKS>)
if(WEIR_SANITIZE STREQUAL "address")
  set(weir_sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(WEIR_SANITIZE STREQUAL "thread")
  set(weir_sanitizers -fsanitize=thread -fno-omit-frame-pointer)
elseif(NOT WEIR_SANITIZE STREQUAL "none")
  message(FATAL_ERROR "WEIR_SANITIZE=${WEIR_SANITIZE} is not one of none, address, thread")
endif()
target_compile_options(weir_flags INTERFACE "$<${cxx}:${weir_sanitizers}>")
target_link_options(weir_flags INTERFACE ${weir_sanitizers})

# weir_find(OPTION PACKAGE DEBIAN_NAMES): sets PACKAGE_FOUND; AUTO takes what is there, ON insists, OFF does not look.
macro(weir_find option package debian)
  set(${package}_FOUND FALSE)
  if(NOT ${option} STREQUAL "OFF")
    find_package(${package} QUIET)
    if(${option} STREQUAL "ON" AND NOT ${package}_FOUND)
      message(FATAL_ERROR "${option}=ON, but ${package} was not found (Debian: ${debian})")
    endif()
  endif()
endmacro()
