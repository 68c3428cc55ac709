# cmake --install BUILD --prefix P: the program, what comes with it, and the libraries for find_package(weir). The libraries are
# all but apps, which is the program. Nothing that is installed names the source tree or P, so P may move.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/weir)
set(home_dir ${CMAKE_INSTALL_DATADIR}/weir)
set(folders tensor autograd layers optim data models attacks infoflow study)

add_library(weir_weir INTERFACE)
add_library(weir::weir ALIAS weir_weir)
foreach(name ${folders})
  target_link_libraries(weir_weir INTERFACE weir::${name})
endforeach()
foreach(name flags weir ${folders})
  set_target_properties(weir_${name} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS weir_${name} EXPORT weirTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weir)
endforeach()
install(TARGETS weir RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# Not installed are headers of which only .cpp files of ours know, and which need libraries that nobody else has to have.
install(DIRECTORY ${folders} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weir FILES_MATCHING PATTERN "*.h"
  PATTERN tensor/kernels/philox.h EXCLUDE PATTERN tensor/kernels/dropout.h EXCLUDE PATTERN onednn_compat.h EXCLUDE
  PATTERN data/embedded EXCLUDE PATTERN models/pretrained EXCLUDE PATTERN models/recipes EXCLUDE)
install(DIRECTORY data/embedded DESTINATION ${home_dir}/data)
install(DIRECTORY models/pretrained models/recipes DESTINATION ${home_dir}/models)
install(DIRECTORY docs/lessons/networks DESTINATION ${home_dir}/docs/lessons)
install(DIRECTORY study/ DESTINATION ${home_dir}/study FILES_MATCHING PATTERN "*.json")

install(EXPORT weirTargets NAMESPACE weir:: DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/weirConfig.cmake.in ${CMAKE_BINARY_DIR}/weirConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS home_dir)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/weirConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/weirConfig.cmake ${CMAKE_BINARY_DIR}/weirConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/home.cpp.in DESTINATION ${package_dir})
if(OneDNN_FOUND)
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/FindOneDNN.cmake DESTINATION ${package_dir})
endif()
