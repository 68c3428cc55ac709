# What CMakeLists.txt looks for, from the folder WEIR_DEPS that scripts/gather-dependencies filled: for a machine with compilers
# and no packages. The targets have the names that the packages' own would have.
if(NOT EXISTS ${WEIR_DEPS}/include/fmt/format.h)
  message(FATAL_ERROR "WEIR_DEPS=${WEIR_DEPS} holds no include/fmt/format.h: fill it with scripts/gather-dependencies")
endif()
list(PREPEND CMAKE_INCLUDE_PATH ${WEIR_DEPS}/include)

function(weir_gathered target)
  add_library(${target} ${ARGN})
  if("INTERFACE" IN_LIST ARGN)
    target_include_directories(${target} SYSTEM INTERFACE ${WEIR_DEPS}/include)
  else()
    target_include_directories(${target} SYSTEM PUBLIC ${WEIR_DEPS}/include)
    target_compile_features(${target} PUBLIC cxx_std_20)
  endif()
endfunction()

weir_gathered(weir_json INTERFACE)
add_library(nlohmann_json::nlohmann_json ALIAS weir_json)
weir_gathered(weir_cli11 INTERFACE)
add_library(CLI11::CLI11 ALIAS weir_cli11)

# fmt's own source file is not in its package, but what it compiles is.
set(fmt_source ${CMAKE_BINARY_DIR}/gathered_fmt.cpp)
file(CONFIGURE OUTPUT ${fmt_source} @ONLY CONTENT [[
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {
template FMT_API auto dragonbox::to_decimal(float x) noexcept -> dragonbox::decimal_fp<float>;
template FMT_API auto dragonbox::to_decimal(double x) noexcept -> dragonbox::decimal_fp<double>;
#ifndef FMT_STATIC_THOUSANDS_SEPARATOR
template FMT_API locale_ref::locale_ref(const std::locale& loc);
template FMT_API auto locale_ref::get<std::locale>() const -> std::locale;
#endif
template FMT_API auto thousands_sep_impl(locale_ref) -> thousands_sep_result<char>;
template FMT_API auto decimal_point_impl(locale_ref) -> char;
template FMT_API void buffer<char>::append(const char*, const char*);
template FMT_API void vformat_to(buffer<char>&, string_view, basic_format_args<FMT_BUFFER_CONTEXT(char)>, locale_ref);
}
FMT_END_NAMESPACE
]])
weir_gathered(weir_fmt STATIC ${fmt_source})
add_library(fmt::fmt ALIAS weir_fmt)
weir_gathered(weir_fmt_header_only INTERFACE)
target_compile_definitions(weir_fmt_header_only INTERFACE FMT_HEADER_ONLY)
add_library(fmt::fmt-header-only ALIAS weir_fmt_header_only)

set(googletest ${WEIR_DEPS}/googletest)
if(NOT WEIR_TESTS STREQUAL "OFF" AND EXISTS ${googletest}/googlemock/src/gmock-all.cc)
  set(GTest_FOUND TRUE)
  weir_gathered(weir_gmock STATIC ${googletest}/googletest/src/gtest-all.cc ${googletest}/googlemock/src/gmock-all.cc)
  target_include_directories(weir_gmock SYSTEM PUBLIC ${googletest}/googletest/include ${googletest}/googlemock/include
    PRIVATE ${googletest}/googletest ${googletest}/googlemock)
  target_link_libraries(weir_gmock PUBLIC Threads::Threads)
  add_library(GTest::gmock ALIAS weir_gmock)
  weir_gathered(weir_gmock_main STATIC ${googletest}/googlemock/src/gmock_main.cc)
  target_link_libraries(weir_gmock_main PUBLIC weir_gmock)
  add_library(GTest::gmock_main ALIAS weir_gmock_main)
endif()
