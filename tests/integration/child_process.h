// A program under test as a child process: started with restrictions if a test asks for them, its
// output kept, its end waited for. It dies with the test.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace integration {

// Longer than anything here takes on a loaded machine under a sanitizer. It is only ever waited out
// by a test that fails.
inline constexpr std::chrono::seconds kPatience{30};

// What the child is denied, or burdened with, before it runs the program.
struct Restrictions {
  std::optional<rlim_t> descriptors;    // RLIMIT_NOFILE, soft and hard
  int inherited_descriptors = 0;        // left open by a careless parent
  bool no_uring = false;                // io_uring_setup fails with EPERM, as in a sandbox
  bool no_permission_override = false;  // root obeys file permissions like anyone else
  std::string directory;                // to run in; empty: the test's own
};

class ChildProcess {
 public:
  explicit ChildProcess(const std::vector<std::string>& command,
                        const Restrictions& restrictions = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool has_ended() const { return exit_code_.has_value(); }
  // Sends a signal, if the process still runs.
  void signal(int number);
  // Whether the process has ended within `time`. Checks its error output for what a sanitizer or a
  // failed CHECK leaves there.
  bool ends_within(std::chrono::milliseconds time);
  // Waits for the end and returns the exit code; 128 + the signal that killed it. A process that
  // outlives the patience is killed and fails the test.
  int wait();

  // What it has written so far.
  std::string output() const;
  std::string error_output() const;

  // What its descriptors are: targets of the links in /proc/PID/fd.
  std::vector<std::string> descriptors() const;
  // Memory that is resident, in bytes.
  uint64_t resident_memory() const;
  // CPU time used so far by all its threads.
  std::chrono::milliseconds cpu_time() const;

 private:
  void expect_no_report() const;

  pid_t pid_ = -1;
  int pid_descriptor_ = -1;
  int output_ = -1;
  int error_output_ = -1;
  std::optional<int> exit_code_;
};

// Runs a command to its end.
struct Finished {
  int exit_code;
  std::string output;
  std::string error_output;
};
Finished run_to_end(const std::vector<std::string>& command, const Restrictions& restrictions = {});

// Whether a program of this name is on the PATH.
bool has_program(const std::string& name);

}  // namespace integration
