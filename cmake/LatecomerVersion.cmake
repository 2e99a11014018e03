# The text of `latecomer --version`, taken when cmake configures. Only base/version.cpp holds it, so
# that a new commit compiles one small file.
set(LATECOMER_VERSION_TEXT "${PROJECT_VERSION}")
find_program(GIT git)
if(GIT AND EXISTS "${PROJECT_SOURCE_DIR}/.git")
  execute_process(COMMAND ${GIT} -C "${PROJECT_SOURCE_DIR}" describe --always --dirty --exclude=*
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE rc ERROR_QUIET)
  if(rc EQUAL 0)
    string(APPEND LATECOMER_VERSION_TEXT " (${commit})")
  endif()
endif()
configure_file("${PROJECT_SOURCE_DIR}/base/version.cpp.in"
               "${PROJECT_BINARY_DIR}/generated/version.cpp" @ONLY)
