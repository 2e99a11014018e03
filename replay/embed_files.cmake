# Writes a C++ file that puts files into the executable (see assets.h).
#   cmake -DOPENAPI=FILE -DDIST=DIR -DWORK=DIR -DOUT=FILE.cpp -P embed_files.cmake
# DIST may be empty: no page then. WORK takes the compressed copies.
cmake_policy(VERSION 3.25)

set(asm "")
set(externs "")
set(rows "")
set(count 0)

# embed(FILE): sets `expression` to a string_view of its bytes.
macro(embed file)
  file(SIZE "${file}" size)
  string(APPEND asm "__asm__(\".section .rodata\\n.balign 16\\nlatecomer_file_${count}:\\n"
                    ".incbin \\\"${file}\\\"\\n.byte 0\\n.previous\\n\");\n")
  string(APPEND externs "extern const char latecomer_file_${count}[];\n")
  set(expression "{latecomer_file_${count}, ${size}}")
  math(EXPR count "${count} + 1")
endmacro()

function(content_type name result)
  set(types html text/html js text/javascript css text/css txt text/plain svg image/svg+xml
            png image/png ico image/x-icon json application/json woff2 font/woff2
            webmanifest application/manifest+json)
  string(REGEX MATCH "[^.]+$" extension "${name}")
  list(FIND types "${extension}" at)
  set(type "application/octet-stream")
  if(NOT at EQUAL -1)
    math(EXPR at "${at} + 1")
    list(GET types ${at} type)
  endif()
  if(type MATCHES "^text/")
    string(APPEND type "; charset=utf-8")
  endif()
  set(${result} "${type}" PARENT_SCOPE)
endfunction()

embed("${OPENAPI}")
set(openapi "${expression}")

set(names "")
if(NOT DIST STREQUAL "")
  file(GLOB_RECURSE names RELATIVE "${DIST}" "${DIST}/*")
  list(SORT names)
endif()
file(MAKE_DIRECTORY "${WORK}")
foreach(name IN LISTS names)
  content_type("${name}" type)
  file(SHA256 "${DIST}/${name}" hash)
  string(SUBSTRING "${hash}" 0 16 hash)
  embed("${DIST}/${name}")
  set(bytes "${expression}")
  file(SIZE "${DIST}/${name}" plain_size)
  set(zipped "${WORK}/${hash}.gz")
  execute_process(COMMAND gzip -9nc "${DIST}/${name}" OUTPUT_FILE "${zipped}"
                  COMMAND_ERROR_IS_FATAL ANY)
  file(SIZE "${zipped}" zipped_size)
  set(gzip "{}")
  if(zipped_size LESS plain_size)
    embed("${zipped}")
    set(gzip "${expression}")
  endif()
  # Vite puts what it names by content into assets/.
  set(immutable false)
  if(name MATCHES "^assets/.*-[A-Za-z0-9_-]+\\.[a-z0-9]+$")
    set(immutable true)
  endif()
  string(APPEND rows "    {\"/${name}\", \"${type}\", \"\\\"${hash}\\\"\", ${bytes}, ${gzip}, "
                     "${immutable}},\n")
endforeach()

file(WRITE "${OUT}" "// Written by embed_files.cmake.
#include \"replay/assets.h\"
#include \"replay/embedded.h\"

${asm}
extern \"C\" {
${externs}}

namespace latecomer {
namespace {
const std::vector<Asset>& Files() {
  static const std::vector<Asset> files = {
${rows}  };
  return files;
}
}  // namespace

std::span<const Asset> EmbeddedFiles() { return Files(); }
std::string_view OpenApiDocument() { return ${openapi}; }

}  // namespace latecomer
")
