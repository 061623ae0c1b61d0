#include "tests/integration/child_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/check.h"

namespace integration {

namespace {

constexpr int kCapabilityDacOverride = 1;    // CAP_DAC_OVERRIDE
constexpr int kCapabilityDacReadSearch = 2;  // CAP_DAC_READ_SEARCH

// Between fork and exec only what is safe in a signal handler may be called.
void deny_uring() {
  constexpr auto kNumber = static_cast<uint32_t>(offsetof(seccomp_data, nr));
  sock_filter instructions[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{4, instructions};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

void obey(const Restrictions& restrictions) {
  // Not an orphan that serves for ever when the test crashes.
  CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
  if (!restrictions.directory.empty()) CHECK(chdir(restrictions.directory.c_str()) == 0);
  for (int i = 0; i < restrictions.inherited_descriptors; ++i) {
    CHECK(open("/dev/null", O_RDONLY) >= 0);
  }
  if (restrictions.descriptors) {
    const rlimit limit{*restrictions.descriptors, *restrictions.descriptors};
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }
  if (restrictions.no_permission_override && geteuid() == 0) {
    CHECK(prctl(PR_CAPBSET_DROP, kCapabilityDacOverride) == 0);
    CHECK(prctl(PR_CAPBSET_DROP, kCapabilityDacReadSearch) == 0);
  }
  if (restrictions.no_uring) deny_uring();
}

std::string content_of(int descriptor) {
  std::string content;
  char piece[4096];
  while (true) {
    const ssize_t got = pread(descriptor, piece, sizeof(piece), static_cast<off_t>(content.size()));
    if (got <= 0) return content;
    content.append(piece, static_cast<std::size_t>(got));
  }
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command,
                           const Restrictions& restrictions)
    : output_(memfd_create("output", MFD_CLOEXEC)),
      error_output_(memfd_create("error output", MFD_CLOEXEC)) {
  CHECK(output_ >= 0 && error_output_ >= 0);
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  pid_ = fork();
  CHECK(pid_ >= 0);
  if (pid_ == 0) {
    // Appending, so that writers do not overwrite each other.
    fcntl(output_, F_SETFL, O_APPEND);
    fcntl(error_output_, F_SETFL, O_APPEND);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(output_, STDOUT_FILENO);
    dup2(error_output_, STDERR_FILENO);
    obey(restrictions);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  pid_descriptor_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  CHECK(pid_descriptor_ >= 0);
}

ChildProcess::~ChildProcess() {
  if (!has_ended()) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(pid_descriptor_);
  close(output_);
  close(error_output_);
}

void ChildProcess::signal(int number) {
  if (!has_ended()) kill(pid_, number);
}

bool ChildProcess::ends_within(std::chrono::milliseconds time) {
  if (has_ended()) return true;
  pollfd end{pid_descriptor_, POLLIN, 0};
  if (poll(&end, 1, static_cast<int>(time.count())) <= 0) return false;
  int status = 0;
  CHECK(waitpid(pid_, &status, 0) == pid_);
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  expect_no_report();
  return true;
}

int ChildProcess::wait() {
  if (!ends_within(kPatience)) {
    ADD_FAILURE() << "process " << pid_ << " does not end; it has written: " << error_output();
    signal(SIGKILL);
    while (!ends_within(kPatience)) {
    }
  }
  return *exit_code_;
}

void ChildProcess::expect_no_report() const {
  const std::string text = error_output();
  for (const char* sign : {"Sanitizer", "runtime error:", "check failed:", "terminate called"}) {
    EXPECT_EQ(text.find(sign), std::string::npos) << text;
  }
}

std::string ChildProcess::output() const {
  return content_of(output_);
}

std::string ChildProcess::error_output() const {
  return content_of(error_output_);
}

std::vector<std::string> ChildProcess::descriptors() const {
  std::vector<std::string> targets;
  const std::string folder = "/proc/" + std::to_string(pid_) + "/fd/";
  DIR* directory = opendir(folder.c_str());
  if (directory == nullptr) return targets;
  while (const dirent* entry = readdir(directory)) {
    char target[256];
    const ssize_t length = readlink((folder + entry->d_name).c_str(), target, sizeof(target));
    if (length > 0) targets.emplace_back(target, static_cast<std::size_t>(length));
  }
  closedir(directory);
  return targets;
}

uint64_t ChildProcess::resident_memory() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/statm");
  uint64_t size = 0;
  uint64_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

std::chrono::milliseconds ChildProcess::cpu_time() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
  std::string text;
  std::getline(file, text);
  // Behind the program's name, which may hold anything: fields 3 and on; 14 and 15 are wanted.
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return std::chrono::milliseconds((user + system) * 1000 / sysconf(_SC_CLK_TCK));
}

Finished run_to_end(const std::vector<std::string>& command, const Restrictions& restrictions) {
  ChildProcess process(command, restrictions);
  const int exit_code = process.wait();
  return Finished{exit_code, process.output(), process.error_output()};
}

bool has_program(const std::string& name) {
  std::istringstream path(std::getenv("PATH"));
  std::string folder;
  while (std::getline(path, folder, ':')) {
    if (access((folder + "/" + name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace integration
