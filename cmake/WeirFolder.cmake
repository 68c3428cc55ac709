# weir_folder(NAME [PROGRAM program] USES targets... PRIVATE_USES targets... HEADERS_IN folders...)
# One static library weir::NAME per folder; a PROGRAM besides, from the folder's main.cpp. Sources are the folder's .cpp
# files, so no list can go stale; headers are included as "folder/file.h" from the root. USES is public: a folder sees what
# its dependencies see, never the reverse.
function(weir_folder name)
  cmake_parse_arguments(arg "" "PROGRAM" "USES;PRIVATE_USES;HEADERS_IN" ${ARGN})
  set(target weir_${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.cpp)
  if(arg_PROGRAM)
    set(main ${PROJECT_SOURCE_DIR}/${name}/main.cpp)
    list(REMOVE_ITEM sources ${main})
  endif()
  if(NOT sources)  # a folder of headers, or one that this checkout has not got yet
    add_library(${target} INTERFACE)
    add_library(weir::${name} ALIAS ${target})
    target_link_libraries(${target} INTERFACE ${arg_USES} weir_flags)
    return()
  endif()

  if(WEIR_WITH_CUDA)
    file(GLOB_RECURSE for_gpu CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.cu)
  endif()
  add_library(${target} STATIC ${sources} ${for_gpu})
  weir_mark_kernels(${target} ${sources} ${for_gpu})
  add_library(weir::${name} ALIAS ${target})
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_link_libraries(${target} PUBLIC ${arg_USES} weir_flags PRIVATE "$<BUILD_INTERFACE:${arg_PRIVATE_USES}>")
  target_include_directories(${target} SYSTEM PRIVATE ${arg_HEADERS_IN})   # header-only libraries without a CMake package
  target_include_directories(${target} PRIVATE ${WEIR_GENERATED_INCLUDE})  # generated/places.h, build_info.h
  add_dependencies(${target} weir_build_info)

  if(arg_PROGRAM AND EXISTS ${main})
    add_executable(${arg_PROGRAM} ${main})
    target_link_libraries(${arg_PROGRAM} PRIVATE weir::${name} ${arg_PRIVATE_USES})
  endif()
endfunction()
