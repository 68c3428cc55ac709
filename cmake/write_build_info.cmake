# Run at every build by WeirBuildInfo.cmake; rewrites the header only when a line of it changed.
set(commit unknown)
if(GIT)
  execute_process(COMMAND ${GIT} describe --always --dirty=+ --abbrev=12 --exclude=*
    WORKING_DIRECTORY ${ROOT} OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
  if(status EQUAL 0)
    set(commit ${described})
  endif()
endif()
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT [[
/// What this program was built from. Written by cmake/write_build_info.cmake; include it in .cpp files only.
#pragma once
#define WEIR_COMMIT "@commit@"  // a trailing + says that the tree had changes that no commit has
#define WEIR_BUILD_COMPILER "@COMPILER@"
#define WEIR_BUILD_TYPE "@BUILD_TYPE@"
#define WEIR_BUILD_INSTRUCTION_SET "@INSTRUCTION_SET@"  // native: of the CPU below
#define WEIR_BUILD_CPU "@CPU@"
]])
