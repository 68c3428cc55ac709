# Finds OpenBLAS to be loaded at run time: variables OpenBLAS_INCLUDE_DIR and OpenBLAS_LIBRARY. There is no target to link
# with, because OpenBLAS chooses its kernels while it is loaded (tensor/vendors/openblas.cpp).
find_path(OpenBLAS_INCLUDE_DIR openblas_config.h
  PATH_SUFFIXES ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-pthread ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp
                ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-serial openblas)
find_library(OpenBLAS_LIBRARY openblas)
if(OpenBLAS_INCLUDE_DIR)
  file(STRINGS ${OpenBLAS_INCLUDE_DIR}/openblas_config.h line REGEX "OPENBLAS_VERSION ")
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" OpenBLAS_VERSION "${line}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenBLAS
  REQUIRED_VARS OpenBLAS_LIBRARY OpenBLAS_INCLUDE_DIR VERSION_VAR OpenBLAS_VERSION)
mark_as_advanced(OpenBLAS_INCLUDE_DIR OpenBLAS_LIBRARY)
