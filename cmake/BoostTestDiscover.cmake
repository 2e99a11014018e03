# boost_test_discover(TARGET) makes every Boost.Test case of TARGET a ctest test of its own.
#
# Neither CMake 3.25 nor Boost 1.81 does this. After each build of TARGET its --list_content (which
# Boost prints on stderr: a case a line, indented by four blanks a suite, `*` where enabled) is
# turned into add_test lines that ctest includes.
set(_boost_test_discover_script "${CMAKE_CURRENT_LIST_DIR}/BoostTestDiscoverRun.cmake")

function(boost_test_discover target)
  cmake_parse_arguments(ARG "" "TIMEOUT;PREFIX;SERIAL" "LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(NOT ARG_PREFIX)
    set(ARG_PREFIX ${target})
  endif()
  if(NOT ARG_SERIAL)
    set(ARG_SERIAL FALSE)
  endif()
  set(file "${CMAKE_CURRENT_BINARY_DIR}/${target}_cases.cmake")
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DEXE=$<TARGET_FILE:${target}> -DOUT=${file} -DPREFIX=${ARG_PREFIX}
            -DTIMEOUT=${ARG_TIMEOUT} "-DLABELS=${ARG_LABELS}" -DSERIAL=${ARG_SERIAL}
            -P ${_boost_test_discover_script}
    VERBATIM)
  file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake"
    "if(EXISTS \"${file}\")\n  include(\"${file}\")\nelse()\n"
    "  add_test(${target}_NOT_BUILT ${target}_NOT_BUILT)\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES
    "${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake")
endfunction()
