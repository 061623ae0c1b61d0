# Makes one HTML page of the files in this folder, and of it the source file OUTPUT:
#
#   cmake -D OUTPUT=live_page.cc -P embed_page.cmake
cmake_minimum_required(VERSION 3.25)

# The hash of a text as a Content-Security-Policy names it: SHA-256 in base64.
function(hash_of text result)
  string(SHA256 hash "${text}")
  set(digits "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  # 32 bytes are ten groups of three, and two that stand for one more with 0.
  string(APPEND hash "00")
  set(encoded "")
  foreach(group RANGE 10)
    math(EXPR begin "${group} * 6")
    string(SUBSTRING "${hash}" ${begin} 6 bytes)
    foreach(shift 18 12 6 0)
      math(EXPR digit "(0x${bytes} >> ${shift}) & 63")
      string(SUBSTRING "${digits}" ${digit} 1 character)
      string(APPEND encoded "${character}")
    endforeach()
  endforeach()
  string(SUBSTRING "${encoded}" 0 43 encoded)
  set(${result} "'sha256-${encoded}='" PARENT_SCOPE)
endfunction()

function(read name result)
  file(READ "${CMAKE_CURRENT_LIST_DIR}/${name}" text)
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

read(page.html page)
read(page.css style)
read(numbers.js numbers)
read(page.js script)
read(uplot/uPlot.iife.min.js library)
read(uplot/uPlot.min.css library_style)
read(uplot/LICENSE license)

string(PREPEND style "\n${library_style}\n")
string(PREPEND script "\n${library}\n${numbers}\n")
hash_of("${style}" style_hash)
hash_of("${script}" script_hash)
string(REPLACE "@@LICENSE@@" "${license}" page "${page}")
string(REPLACE "@@STYLE@@" "${style}" page "${page}")
string(REPLACE "@@SCRIPT@@" "${script}" page "${page}")
string(CONCAT policy "default-src 'none'; script-src ${script_hash}; style-src ${style_hash}; "
  "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")

file(WRITE "${OUTPUT}.html" "${page}")
file(READ "${OUTPUT}.html" bytes HEX)
file(REMOVE "${OUTPUT}.html")
string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
file(WRITE "${OUTPUT}" "// Made by http/server/page/embed_page.cmake.
#include \"http/server/page/live_page.h\"

namespace http::server {

namespace {

constexpr char kPage[] = \"${bytes}\";

}  // namespace

core::Bytes live_page() {
  return {kPage, sizeof(kPage) - 1};
}

core::Bytes live_page_policy() {
  return \"${policy}\";
}

}  // namespace http::server
")
