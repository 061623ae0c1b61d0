#include "http/server/worker_impl.h"
#include "io/epoll_backend.h"

namespace http::server {

template class Worker<io::EpollBackend>;

}  // namespace http::server
