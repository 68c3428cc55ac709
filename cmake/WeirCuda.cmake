# The target cuda_compile_test: every kernel of ours through nvcc, on machines with and without a GPU. It says which it was.
# nvcc is called as a compiler of one file, because CMake 3.25 knows no CUDA standard 20 and the build must never need CUDA.
find_program(WEIR_NVCC nvcc HINTS ENV CUDA_HOME PATH_SUFFIXES bin PATHS /usr/local/cuda/bin)
set(cuda_source ${PROJECT_SOURCE_DIR}/tests/tensor/cuda_compile_test.cu)
if(WEIR_CUDA STREQUAL "ON" AND NOT WEIR_NVCC)
  message(FATAL_ERROR "WEIR_CUDA=ON, but nvcc was not found in PATH, in CUDA_HOME or under /usr/local/cuda")
endif()

set(WEIR_CUDA_FOUND FALSE)
if(WEIR_CUDA STREQUAL "OFF")
  set(reason "switched off by WEIR_CUDA=OFF")
elseif(NOT WEIR_NVCC)
  set(reason "no nvcc")
elseif(NOT EXISTS ${cuda_source})
  set(reason "no tests/tensor/cuda_compile_test.cu")
else()
  set(WEIR_CUDA_FOUND TRUE)
endif()

if(WEIR_CUDA_FOUND)
  set(object ${CMAKE_BINARY_DIR}/cuda_compile_test.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${WEIR_NVCC} -std=c++20 -O2 -fmad=false -Werror all-warnings -Xptxas -warn-spills
      -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=sm_90
      -ccbin ${CMAKE_CXX_COMPILER} -I ${PROJECT_SOURCE_DIR} -I ${WEIR_RANDOM123_INCLUDE}
      -MD -MF ${object}.d -c ${cuda_source} -o ${object}
    DEPENDS ${cuda_source} DEPFILE ${object}.d COMMENT "Compiling the kernels with nvcc" VERBATIM)
  add_custom_target(cuda_compile_test DEPENDS ${object} COMMAND ${CMAKE_COMMAND} -E echo "CUDA: compiled")
else()
  add_custom_target(cuda_compile_test COMMAND ${CMAKE_COMMAND} -E echo "CUDA: NOT compiled (${reason})" VERBATIM)
endif()
