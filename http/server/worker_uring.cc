#include "http/server/worker_impl.h"
#include "io/uring_backend.h"

namespace http::server {

template class Worker<io::UringBackend>;

}  // namespace http::server
