# generated/places.h: where this build's files are. Not a -D on the command line: the same text from any folder compiles to
# the same object, so that a compiler cache serves several checkouts.
set(WEIR_GENERATED_INCLUDE ${CMAKE_BINARY_DIR}/include)
file(CONFIGURE OUTPUT ${WEIR_GENERATED_INCLUDE}/generated/places.h @ONLY CONTENT [[
/// Written by cmake/WeirBuildInfo.cmake; for .cpp files.
#pragma once
#define WEIR_VERSION "@PROJECT_VERSION@"
#define WEIR_SOURCE_DIR "@PROJECT_SOURCE_DIR@"
]])

# Programs of this build find what comes with Weir in the source tree; static libraries name no folder, so that they can be
# installed anywhere.
set(home ${PROJECT_SOURCE_DIR})
configure_file(${CMAKE_CURRENT_LIST_DIR}/home.cpp.in ${CMAKE_BINARY_DIR}/home.cpp @ONLY)

# generated/build_info.h: the commit and the machine that a program was built from, for manifests and `weir doctor`.
# Only the files that include it are compiled again after a commit; a -D on the command line would recompile everything.
set(cpu unknown)
if(EXISTS /proc/cpuinfo)
  file(STRINGS /proc/cpuinfo models REGEX "^model name" LIMIT_COUNT 1)
  string(REGEX REPLACE "^[^:]*: *" "" cpu "${models}")
endif()
find_package(Git QUIET)
set(build_info ${CMAKE_COMMAND}
  "-DGIT=${GIT_EXECUTABLE}" "-DROOT=${PROJECT_SOURCE_DIR}" "-DVERSION=${PROJECT_VERSION}" "-DCPU=${cpu}"
  "-DCOMPILER=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}" "-DBUILD_TYPE=${CMAKE_BUILD_TYPE}"
  "-DINSTRUCTION_SET=${WEIR_ARCH}" "-DOUT=${WEIR_GENERATED_INCLUDE}/generated/build_info.h"
  -P ${CMAKE_CURRENT_LIST_DIR}/write_build_info.cmake)
add_custom_target(weir_build_info
  COMMAND ${build_info} BYPRODUCTS ${WEIR_GENERATED_INCLUDE}/generated/build_info.h
  COMMENT "Commit and machine of this build" VERBATIM)
