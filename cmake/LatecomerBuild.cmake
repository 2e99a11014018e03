# Flags that every target of the project shares.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# ccache hits from a checkout in another folder too: paths below this one are hashed relative to the
# build folder, and no object holds them.
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

add_library(latecomer_flags INTERFACE)
target_include_directories(latecomer_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(latecomer_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # gcc's -Wconversion, the one that the code is written against, leaves this out.
  target_compile_options(latecomer_flags INTERFACE -Wno-sign-conversion)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms about std::string's operator+ at -O2 and up (GCC bug 105651).
  target_compile_options(latecomer_flags INTERFACE -Wno-restrict)
endif()
if(LATECOMER_WERROR)
  target_compile_options(latecomer_flags INTERFACE -Werror)
endif()

# x86-64-v2 (every CPU since 2009) gives RapidJSON its SSE4.2 scanner. Its 16-byte reads may pass
# the end of a buffer inside one aligned block, which AddressSanitizer rightly refuses.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64")
  target_compile_options(latecomer_flags INTERFACE -march=x86-64-v2)
  if(LATECOMER_SANITIZE STREQUAL "")
    target_compile_definitions(latecomer_flags INTERFACE RAPIDJSON_SSE42)
  endif()
endif()

if(NOT LATECOMER_SANITIZE STREQUAL "")
  target_compile_options(latecomer_flags INTERFACE
    -fsanitize=${LATECOMER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  target_link_options(latecomer_flags INTERFACE -fsanitize=${LATECOMER_SANITIZE})
endif()

if(LATECOMER_FUZZ)
  target_compile_options(latecomer_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(MOLD mold)
if(MOLD)
  target_link_options(latecomer_flags INTERFACE -fuse-ld=mold)
endif()

# latecomer_library(NAME SOURCES… ) -- one static library a stage.
function(latecomer_library name)
  add_library(${name} STATIC ${ARGN})
  target_link_libraries(${name} PUBLIC latecomer_flags)
endfunction()
