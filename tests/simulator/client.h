// A client of one connection: sends a list of requests in its own manner, reads in its own pace,
// and may give up at any moment. What the server says to it is compared with the model as soon as
// the kernel takes it, so that a slow reader sees nothing later than others do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulator/link.h"
#include "tests/simulator/model.h"
#include "tests/simulator/random.h"
#include "tests/simulator/request.h"
#include "tests/simulator/simulated_backend.h"
#include "tests/simulator/timeline.h"
#include "tests/simulator/trace.h"

namespace simulator {

// What all clients of a run share.
struct Surroundings {
  Timeline& timeline;
  Random& random;
  Trace& trace;
  Model& model;
  SimulatedBackend& backend;
  const std::vector<std::string>& paths;
  uint64_t body_limit;
  uint64_t head_timeout;
  uint64_t requests = 0;   // sent whole
  uint64_t responses = 0;  // compared
};

class Client {
 public:
  Client(Surroundings& surroundings, uint64_t number);

  // Comes to that listener.
  void connect(uint32_t listener);
  bool is_done() const { return done_; }
  bool may_be_slow() const { return manner_.is_slow; }
  Link& link() { return *link_; }
  // Requests that the worker was given whole and whose responses the kernel has not whole.
  uint64_t owed() const;
  // Whether the last response said that it is the last.
  bool is_final() const { return final_; }
  // Whether nobody can tell what it asks for.
  bool sends_garbage() const { return manner_.sends_garbage; }
  // The worker will send no more. Judges what is missing.
  void judge_end();

 private:
  // Drawn once.
  struct Manner {
    bool pipelines = false;
    bool sends_garbage = false;
    bool is_slow = false;      // reads slowly or not at all for long
    bool half_closes = false;  // after its last request
    bool stalls = false;       // stops in the middle of what it sends
    uint64_t most_per_write = 0;
    uint64_t write_pause = 0;
    uint64_t most_per_read = 0;
    uint64_t read_pause = 0;
    uint64_t resets_at = core::kNever;  // after so many bytes were read or written
  };
  struct Asked {
    Request request;
    uint64_t head_end = 0;             // in the stream to the server
    uint64_t end = 0;                  // with its body
    uint64_t sent_at = 0;              // its head; 0: not yet
    uint64_t begun_at = core::kNever;  // when the worker was given its first byte
    uint64_t delivered_at = core::kNever;
  };

  void draw_manner();
  void ask_more();
  void schedule_write(uint64_t delay);
  void write();
  void schedule_read();
  void read();
  void reset();
  void finish();
  void on_taken(std::string_view bytes);
  void compare_responses();
  bool take_response();
  bool has_method(const Asked& asked) const;
  uint64_t head_timeout() const;
  bool take_answer_to_garbage(std::string_view response);
  bool is_in_time(const Asked& asked, bool timed_out) const;
  uint64_t waited_for(const Asked& asked) const;
  bool is_given_up(const Asked& asked, std::string_view response, bool is_whole) const;
  bool is_response_to(const Asked& asked, std::string_view response) const;
  bool is_beginning() const;
  void remember_validators(std::string_view head);

  Surroundings& all_;
  Manner manner_;
  std::shared_ptr<Link> link_;
  uint64_t connected_at_ = 0;
  uint64_t requests_left_ = 0;
  std::vector<Asked> asked_;
  std::string outbox_;
  uint64_t written_ = 0;
  uint64_t read_ = 0;
  bool writing_ = false;
  bool reading_ = false;
  bool done_ = false;

  // The judge's side.
  std::string stream_;     // taken, not compared
  uint64_t compared_ = 0;  // bytes
  std::size_t answered_ = 0;
  uint64_t asked_to_send_at_ = 0;  // the first byte of that response
  uint64_t quiet_since_ = 0;       // before that, nothing was sent
  uint64_t delivered_before_ = 0;  // that, bytes that the worker had been given
  uint64_t first_byte_at_ = 0;     // of the response that stream_ begins with
  bool final_ = false;             // the last response said so
  std::string tag_;
  int64_t date_ = 784'111'777;
};

}  // namespace simulator
