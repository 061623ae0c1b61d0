// The page on the admin address that shows what goes on: one HTML file with its styles, scripts and
// the library that draws, so that a browser asks for nothing else but /stats, once in a second.
// Made by embed_page.cmake of the files beside it when spate is built.
#pragma once

#include "core/bytes.h"

namespace http::server {

// Static storage, UTF-8.
core::Bytes live_page();
// What a browser may do for it, as a Content-Security-Policy: run the scripts that are in it, known
// by their hash, and ask this server.
core::Bytes live_page_policy();

}  // namespace http::server
