# The page, tested in Chromium against the executable by Node's own test runner (tests/web).
find_program(NODE node REQUIRED)
find_program(NPM npm REQUIRED)

set(web_dir "${CMAKE_CURRENT_SOURCE_DIR}/web")
set(stamp "${CMAKE_CURRENT_BINARY_DIR}/web_packages.stamp")
add_custom_command(OUTPUT ${stamp}
  COMMAND ${NPM} ci --no-audit --no-fund --loglevel=error
  COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
  DEPENDS ${web_dir}/package.json ${web_dir}/package-lock.json
  WORKING_DIRECTORY ${web_dir}
  COMMENT "Installing the packages of the page's tests" VERBATIM)
add_custom_target(latecomer_web_test_packages DEPENDS ${stamp})
add_dependencies(latecomer_tests latecomer_web_test_packages latecomer)

# A test a file, so that a failure names its file. Each has the machine to itself: they watch a page
# keep time.
file(GLOB web_tests CONFIGURE_DEPENDS "${web_dir}/*.test.mjs" "${web_dir}/*.test.js")
foreach(file IN LISTS web_tests)
  get_filename_component(name ${file} NAME_WE)
  add_test(NAME web/${name} COMMAND ${NODE} --test ${file} WORKING_DIRECTORY ${web_dir})
  set_tests_properties(web/${name} PROPERTIES TIMEOUT 900 LABELS web RUN_SERIAL TRUE
    ENVIRONMENT "LATECOMER_BIN=$<TARGET_FILE:latecomer>")
endforeach()

# What the page can say about itself without a browser. The executable's build has installed its
# packages.
set(page_dir "${PROJECT_SOURCE_DIR}/replay/web")
foreach(script IN ITEMS check test)
  add_test(NAME web/page_${script} COMMAND ${NPM} run --silent ${script} WORKING_DIRECTORY ${page_dir})
  set_tests_properties(web/page_${script} PROPERTIES TIMEOUT 300 LABELS web)
endforeach()
