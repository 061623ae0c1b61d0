// The listener for who runs the server, with its own thread, so that neither a worker nor a client
// of one is held up by it, nor it by them. It answers GET and HEAD with pages that are made anew
// each time, closes every connection after its response, and shrugs off what is not HTTP: heads are
// read by the parser of the workers, and are short, few and soon.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "core/result.h"
#include "http/server/admin_pages.h"
#include "io/listener.h"

namespace http::server {

class AdminListener {
 public:
  // Connections at a time; one more closes the one that is oldest.
  static constexpr uint32_t kConnections = 16;
  // Of a request head; beyond it 431.
  static constexpr uint32_t kHeadBytes = 8 * 1024;
  // Nanoseconds from the accept to the end of a connection, whatever comes of it.
  static constexpr uint64_t kPatience = 5'000'000'000;
  // Between samples for the verdict.
  static constexpr uint64_t kSamplePeriod = 1'000'000'000;
  // The most that it has open.
  static constexpr uint32_t kDescriptors = kConnections + 8;

  // Opens the address; port 0 becomes a free one. The pages are its thread's from here on. Fails
  // with one line for a person.
  static core::Result<std::unique_ptr<AdminListener>> start(io::Address& address, AdminPages pages);
  // Ends the thread.
  ~AdminListener();
  AdminListener(const AdminListener&) = delete;
  AdminListener& operator=(const AdminListener&) = delete;

 private:
  AdminListener(int listener, int stop_event, AdminPages pages);

  void serve();

  int listener_;
  int stop_event_;
  AdminPages pages_;
  std::thread thread_;
};

}  // namespace http::server
