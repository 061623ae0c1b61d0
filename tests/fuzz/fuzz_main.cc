// What all targets share: the main function is libFuzzer's, and an expectation of GoogleTest that
// fails there throws, which nobody catches, so that libFuzzer sees a crash and keeps the input.
#include <gtest/gtest.h>

extern "C" int LLVMFuzzerInitialize(int* argument_count, char*** arguments);

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  GTEST_FLAG_SET(throw_on_failure, true);
  return 0;
}
