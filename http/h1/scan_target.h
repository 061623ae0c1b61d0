// Regions of code that may use more instructions than the rest of the program. A translation unit
// opens one after all of its #includes of standard headers; everything inside has internal linkage,
// except the one function that the dispatcher calls when the machine has the instructions.
#pragma once

#define SPATE_PRAGMA(text) _Pragma(#text)

#if defined(__clang__)
#define SPATE_TARGET_BEGIN(isa) \
  SPATE_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function))
#define SPATE_TARGET_END SPATE_PRAGMA(clang attribute pop)
#else
#define SPATE_TARGET_BEGIN(isa) SPATE_PRAGMA(GCC push_options) SPATE_PRAGMA(GCC target(isa))
#define SPATE_TARGET_END SPATE_PRAGMA(GCC pop_options)
#endif
