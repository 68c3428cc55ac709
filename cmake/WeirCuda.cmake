# The cuda device, and the target cuda_compile_test, which compiles every kernel with nvcc on machines with and without a GPU
# and says which it was. Nothing else of the build ever needs CUDA.
find_program(WEIR_NVCC nvcc HINTS ENV CUDA_HOME PATH_SUFFIXES bin PATHS /usr/local/cuda/bin)
set(cuda_source ${PROJECT_SOURCE_DIR}/tests/tensor/cuda_compile_test.cu)
if(WEIR_CUDA STREQUAL "ON" AND NOT WEIR_NVCC)
  message(FATAL_ERROR "WEIR_CUDA=ON, but nvcc was not found in PATH, in CUDA_HOME or under /usr/local/cuda")
endif()

# The device itself takes minutes to compile, so AUTO builds it where it can run: where nvidia-smi names a GPU.
set(WEIR_WITH_CUDA FALSE)
set(cuda_device_reason "no nvcc")
if(WEIR_CUDA STREQUAL "OFF")
  set(cuda_device_reason "switched off by WEIR_CUDA=OFF")
elseif(WEIR_CUDA STREQUAL "ON")
  set(WEIR_WITH_CUDA TRUE)
elseif(WEIR_NVCC)
  find_program(WEIR_NVIDIA_SMI nvidia-smi)
  set(listed "")
  if(WEIR_NVIDIA_SMI)
    execute_process(COMMAND ${WEIR_NVIDIA_SMI} -L OUTPUT_VARIABLE listed ERROR_QUIET TIMEOUT 20)
  endif()
  if(listed MATCHES "GPU 0")
    set(WEIR_WITH_CUDA TRUE)
  else()
    set(cuda_device_reason "no GPU here; WEIR_CUDA=ON builds it all the same")
  endif()
endif()

# Machine code for every generation that the compiler knows, and PTX of 90 for those after it. CMake 3.25 passes numbers on
# that it does not know; 100 and 120 came with CUDA 12.8.
if(WEIR_WITH_CUDA)
  execute_process(COMMAND ${WEIR_NVCC} --version OUTPUT_VARIABLE said)
  string(REGEX MATCH "release ([0-9]+\\.[0-9]+)" said "${said}")
  set(WEIR_CUDA_VERSION ${CMAKE_MATCH_1})
  set(architectures 75-real 80-real 86-real 89-real 90)
  if(WEIR_CUDA_VERSION VERSION_LESS 12.0)
    message(FATAL_ERROR "the cuda device wants CUDA 12 or 13; ${WEIR_NVCC} is of ${WEIR_CUDA_VERSION}")
  elseif(WEIR_CUDA_VERSION VERSION_GREATER_EQUAL 12.8)
    list(APPEND architectures 100-real 120-real)
  endif()
  set(WEIR_CUDA_ARCHITECTURES "${architectures}" CACHE STRING "GPU generations to compile for, in CMake's words")
  set(CMAKE_CUDA_ARCHITECTURES ${WEIR_CUDA_ARCHITECTURES})
  set(CMAKE_CUDA_COMPILER ${WEIR_NVCC})
  set(CMAKE_CUDA_HOST_COMPILER ${CMAKE_CXX_COMPILER})
  enable_language(CUDA)
  # cuBLAS is loaded at run time (tensor/cuda/cublas.cu): by its name, or from the toolkit that this build was made with.
  get_filename_component(toolkit ${WEIR_NVCC} REALPATH)
  get_filename_component(toolkit ${toolkit} DIRECTORY)
  set(WEIR_CUBLAS_FOLDER ${toolkit}/../lib64)

  # What weir_flags says to the C++ compiler, said through nvcc. -fmad=false is -ffp-contract=off for the GPU. No standard
  # property: CMake 3.25 knows no CUDA20 and would drop it silently. No -Wpedantic: what nvcc generates is not. Host functions
  # that device code calls are only warned of (20011 to 20015), and fail when they run.
  target_compile_options(weir_flags INTERFACE "$<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20;-fmad=false;\
-Xcompiler=-Wall,-Wextra,-march=${WEIR_ARCH},-ffp-contract=off,-fno-math-errno,-fno-trapping-math,-fopenmp;\
-Xcompiler=-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=;-Xptxas=-warn-spills;-lineinfo;--diag-error=20011,20013,20014,20015>>"
    "$<BUILD_INTERFACE:$<$<AND:$<COMPILE_LANGUAGE:CUDA>,$<BOOL:${WEIR_WERROR}>>:-Werror=all-warnings>>")
endif()

# weir_mark_kernels(TARGET sources...): files that launch are compiled by nvcc where the build has the cuda device. A launcher is
# a template: compiled here by nvcc and there by another compiler, it would be two functions of one name, of which one knows
# no GPU (launch.h refuses).
function(weir_mark_kernels target)
  if(NOT WEIR_WITH_CUDA)
    return()
  endif()
  foreach(source ${ARGN})
    file(STRINGS ${source} launches REGEX "#include \"tensor/(kernels/launch|ops/map|ops/gemm)\\.h\"" LIMIT_COUNT 1)
    if(launches OR source MATCHES "\\.cu$")
      set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES LANGUAGE CUDA)
      target_compile_definitions(${target} PRIVATE WEIR_WITH_CUDA)
    endif()
  endforeach()
endfunction()

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
    COMMAND ${WEIR_NVCC} -std=c++20 -O2 -fmad=false -Werror all-warnings -Xptxas -warn-spills --threads 2
      -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=sm_90
      -ccbin ${CMAKE_CXX_COMPILER} -I ${PROJECT_SOURCE_DIR} -I ${WEIR_RANDOM123_INCLUDE}
      -MD -MF ${object}.d -c ${cuda_source} -o ${object}
    DEPENDS ${cuda_source} DEPFILE ${object}.d COMMENT "Compiling the kernels with nvcc" VERBATIM)
  add_custom_target(cuda_compile_test DEPENDS ${object} COMMAND ${CMAKE_COMMAND} -E echo "CUDA: compiled")
else()
  add_custom_target(cuda_compile_test COMMAND ${CMAKE_COMMAND} -E echo "CUDA: NOT compiled (${reason})" VERBATIM)
endif()
