// Whether io_uring runs here, found out by trying: a kernel, a container or a sysctl may forbid
// io_uring without saying so beforehand.
#pragma once

#include <string>

namespace io {

// Empty if io_uring does all that spate needs of it here; otherwise the reason why not. Makes a
// ring, receives through it with multishot and a buffer ring, and closes it: about a millisecond.
std::string why_not_uring();

}  // namespace io
