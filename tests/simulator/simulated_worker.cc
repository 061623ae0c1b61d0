#include "http/server/worker_impl.h"
#include "http/server/worker_invariants.h"
#include "tests/simulator/simulated_backend.h"

namespace http::server {

template class Worker<simulator::SimulatedBackend>;

}  // namespace http::server
