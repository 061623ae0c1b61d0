// The simulated file system: files that are written, shortened, replaced and removed while they are
// served, and calls that fail. It remembers what every path has been, which is what the model asks.
//
// Every change gives the file a time of modification that no other version of any file has, which
// real clocks do not promise: two versions within one tick of the clock can not be told apart.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/file_system.h"
#include "tests/simulator/faults.h"
#include "tests/simulator/random.h"
#include "tests/simulator/timeline.h"
#include "tests/simulator/trace.h"

namespace simulator {

struct Version {
  std::shared_ptr<const std::string> content;
  core::FileStatus status;
};

class SimulatedFiles final : public core::FileSystem {
 public:
  static constexpr core::FileId kFirstFile = 10'000;
  // How long after the root was replaced the old one may still be served.
  static constexpr uint64_t kRootFreshness = 100 * kMillisecond;

  // What a path was from some time on; null: nothing.
  struct State {
    uint64_t since;
    std::shared_ptr<const Version> version;
    uint64_t seen = since;  // by everybody from then on
  };

  SimulatedFiles(Timeline& timeline, Random& random, const FaultRates& faults, Trace& trace);

  // Directories are there from the start and stay.
  void make_directory(const std::string& path);
  // Another file takes the name, as by rename(2).
  void replace(const std::string& path, std::string content, int64_t modified);
  // Writes to the file that is there; who has it open sees it.
  void overwrite(const std::string& path, std::string content);
  void remove(const std::string& path);
  // The root's path leads to another directory now, with copies of the files. It is served after
  // refresh_root(); changes from now on are made there.
  void replace_root();
  bool exists(const std::string& path) const { return root_->contains(path); }
  // A time of modification, now, that no version has yet.
  int64_t next_modified();

  // All that the path was during [from, to], each once.
  std::vector<std::shared_ptr<const Version>> states(const std::string& path, uint64_t from,
                                                     uint64_t to) const;
  // All contents that files had during [from, to].
  std::vector<std::shared_ptr<const std::string>> contents(uint64_t from, uint64_t to) const;
  // All that listings of the directory could have shown during [from, to].
  std::vector<core::Directory> directories(const std::string& path, uint64_t from,
                                           uint64_t to) const;
  // errno values of the calls on the path that failed during [from, to].
  std::vector<int> errors(const std::string& path, uint64_t from, uint64_t to) const;
  bool is_directory(const std::string& path) const;

  // For sends, which do not go through the calls below: what the open file is now.
  const Version& opened(core::FileId file) const;
  const std::string& path_of(core::FileId file) const { return open_files_.at(file).path; }
  // The path of one of the open files; there is one.
  const std::string& draw_open_path(Random& random) const;
  std::size_t open_count() const { return open_files_.size(); }

  // Called before calls, as if another program ran there.
  std::function<void()> on_call;
  // Called when a send has taken bytes of a file, with its path.
  std::function<void(const std::string&)> on_sent;

  core::Result<core::FileStatus, core::SystemError> status(const char* path) override;
  core::Result<core::FileId, core::SystemError> open(const char* path) override;
  core::Result<core::FileStatus, core::SystemError> status(core::FileId file) override;
  core::Result<std::size_t, core::SystemError> read(core::FileId file, char* out, std::size_t size,
                                                    uint64_t offset) override;
  void close(core::FileId file) override;
  core::Result<core::Directory, core::SystemError> list(const char* path,
                                                        std::size_t most) override;
  bool refresh_root() override {
    served_ = root_;
    return true;
  }

 private:
  struct Node {
    std::shared_ptr<const Version> version;
  };
  using Nodes = std::map<std::string, std::shared_ptr<Node>>;
  struct OpenFile {
    std::shared_ptr<Node> node;
    std::string path;
  };
  struct Failure {
    uint64_t time;
    std::string path;
    int number;
  };

  int begin(const std::string& path, Fault fault);
  void note(const std::string& path, std::shared_ptr<const Version> version, uint64_t seen);
  core::Directory snapshot(const Nodes& nodes, const std::string& path) const;

  Timeline& timeline_;
  Random& random_;
  const FaultRates& faults_;
  Trace& trace_;
  std::shared_ptr<Nodes> root_ = std::make_shared<Nodes>();
  std::shared_ptr<Nodes> served_ = root_;
  std::map<std::string, core::FileStatus> directories_;
  std::map<std::string, std::vector<State>> history_;
  struct DirectoryState {
    uint64_t since;
    core::Directory directory;
    uint64_t seen;
  };
  std::map<std::string, std::vector<DirectoryState>> directory_history_;
  std::vector<Failure> failures_;
  std::map<core::FileId, OpenFile> open_files_;
  core::FileId next_file_ = kFirstFile;
  uint64_t last_inode_ = 1;
  int64_t last_modified_ = 0;
};

}  // namespace simulator
