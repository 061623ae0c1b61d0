#include "tests/simulator/simulated_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "core/check.h"

namespace simulator {

namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

}  // namespace

SimulatedFiles::SimulatedFiles(Timeline& timeline, Random& random, const FaultRates& faults,
                               Trace& trace)
    : timeline_(timeline), random_(random), faults_(faults), trace_(trace) {
  make_directory("");
}

void SimulatedFiles::make_directory(const std::string& path) {
  directories_[path] = {1, ++last_inode_, 0, 0, 0, core::FileKind::directory};
  const uint64_t now = timeline_.now();
  directory_history_[path].push_back({now, snapshot(*root_, path), now});
  const std::string parent = parent_of(path);
  if (!path.empty()) directory_history_[parent].push_back({now, snapshot(*root_, parent), now});
}

int64_t SimulatedFiles::next_modified() {
  last_modified_ = std::max(last_modified_ + 1, timeline_.wall_nanoseconds());
  return last_modified_;
}

void SimulatedFiles::note(const std::string& path, std::shared_ptr<const Version> version,
                          uint64_t seen) {
  const uint64_t now = timeline_.now();
  history_[path].push_back({now, std::move(version), seen});
  const std::string parent = parent_of(path);
  directory_history_[parent].push_back({now, snapshot(*root_, parent), seen});
}

void SimulatedFiles::replace(const std::string& path, std::string content, int64_t modified) {
  if (exists(path)) remove(path);
  const core::FileStatus status{1,        ++last_inode_,   content.size(),
                                modified, next_modified(), core::FileKind::regular};
  auto text = std::make_shared<const std::string>(std::move(content));
  auto version = std::make_shared<const Version>(Version{std::move(text), status});
  (*root_)[path] = std::make_shared<Node>(Node{version});
  note(path, version, timeline_.now());
}

void SimulatedFiles::replace_root() {
  root_ = std::make_shared<Nodes>(*root_);
  for (auto& [path, node] : *root_) {
    Version version = *node->version;
    version.status.inode = ++last_inode_;
    version.status.changed = next_modified();
    node = std::make_shared<Node>(Node{std::make_shared<const Version>(std::move(version))});
    note(path, node->version, timeline_.now() + kRootFreshness);
  }
}

void SimulatedFiles::overwrite(const std::string& path, std::string content) {
  Node& node = *root_->at(path);
  core::FileStatus status = node.version->status;
  status.size = content.size();
  status.modified = status.changed = next_modified();
  auto text = std::make_shared<const std::string>(std::move(content));
  node.version = std::make_shared<const Version>(Version{std::move(text), status});
  note(path, node.version, timeline_.now());
}

void SimulatedFiles::remove(const std::string& path) {
  const std::shared_ptr<Node> node = root_->at(path);
  Version version = *node->version;
  version.status.changed = next_modified();
  node->version = std::make_shared<const Version>(std::move(version));
  root_->erase(path);
  // Who has just opened it may look at it only now and see that it has changed.
  note(path, node->version, timeline_.now());
  note(path, nullptr, timeline_.now());
}

std::vector<std::shared_ptr<const Version>> SimulatedFiles::states(const std::string& path,
                                                                   uint64_t from,
                                                                   uint64_t to) const {
  const auto found = history_.find(path);
  if (found == history_.end()) return {nullptr};
  std::vector<std::shared_ptr<const Version>> states;
  const std::vector<State>& all = found->second;
  if (all.front().since > from) states.push_back(nullptr);
  for (std::size_t i = 0; i < all.size() && all[i].since <= to; ++i) {
    const uint64_t end = i + 1 < all.size() ? all[i + 1].seen : core::kNever;
    if (end >= from) states.push_back(all[i].version);
  }
  return states;
}

std::vector<std::shared_ptr<const std::string>> SimulatedFiles::contents(uint64_t from,
                                                                         uint64_t to) const {
  std::vector<std::shared_ptr<const std::string>> all;
  for (const auto& [path, history] : history_) {
    for (const auto& version : states(path, from, to)) {
      if (version != nullptr) all.push_back(version->content);
    }
  }
  return all;
}

core::Directory SimulatedFiles::snapshot(const Nodes& nodes, const std::string& path) const {
  core::Directory directory;
  for (const auto& [name, node] : nodes) {
    if (parent_of(name) != path) continue;
    directory.entries.push_back(
        {name.substr(path.empty() ? 0 : path.size() + 1), node->version->status});
  }
  for (const auto& [name, status] : directories_) {
    if (name.empty() || parent_of(name) != path) continue;
    directory.entries.push_back({name.substr(path.empty() ? 0 : path.size() + 1), status});
  }
  return directory;
}

std::vector<core::Directory> SimulatedFiles::directories(const std::string& path, uint64_t from,
                                                         uint64_t to) const {
  const auto found = directory_history_.find(path);
  std::vector<core::Directory> all;
  CHECK(found != directory_history_.end());
  const auto& history = found->second;
  for (std::size_t i = 0; i < history.size() && history[i].since <= to; ++i) {
    const uint64_t end = i + 1 < history.size() ? history[i + 1].seen : core::kNever;
    if (end >= from) all.push_back(history[i].directory);
  }
  return all;
}

std::vector<int> SimulatedFiles::errors(const std::string& path, uint64_t from, uint64_t to) const {
  std::vector<int> numbers;
  for (const Failure& failure : failures_) {
    if (failure.time >= from && failure.time <= to && failure.path == path) {
      numbers.push_back(failure.number);
    }
  }
  return numbers;
}

bool SimulatedFiles::is_directory(const std::string& path) const {
  return directories_.contains(path);
}

const Version& SimulatedFiles::opened(core::FileId file) const {
  const auto found = open_files_.find(file);
  CHECK(found != open_files_.end());  // a file that is not open, or not any more
  return *found->second.node->version;
}

const std::string& SimulatedFiles::draw_open_path(Random& random) const {
  const auto skipped = static_cast<std::ptrdiff_t>(random.below(open_files_.size()));
  return std::next(open_files_.begin(), skipped)->second.path;
}

// The errno of an injected failure, or 0.
int SimulatedFiles::begin(const std::string& path, Fault fault) {
  if (on_call && random_.chance(faults_[Fault::change_in_call])) {
    trace_.inject(Fault::change_in_call, 0);
    on_call();
  }
  if (!random_.chance(faults_[fault])) return 0;
  const int number = draw_error(fault, random_);
  trace_.inject(fault, 0, number);
  failures_.push_back({timeline_.now(), path, number});
  return number;
}

core::Result<core::FileStatus, core::SystemError> SimulatedFiles::status(const char* path) {
  if (const int error = begin(path, Fault::look_error)) return core::SystemError{error};
  if (const auto node = served_->find(path); node != served_->end())
    return node->second->version->status;
  if (const auto found = directories_.find(path); found != directories_.end()) return found->second;
  return core::SystemError{served_->contains(parent_of(path)) ? ENOTDIR : ENOENT};
}

core::Result<core::FileId, core::SystemError> SimulatedFiles::open(const char* path) {
  if (const int error = begin(path, Fault::open_error)) return core::SystemError{error};
  const auto node = served_->find(path);
  if (node == served_->end()) return core::SystemError{is_directory(path) ? EISDIR : ENOENT};
  open_files_[next_file_] = {node->second, path};
  return next_file_++;
}

core::Result<core::FileStatus, core::SystemError> SimulatedFiles::status(core::FileId file) {
  opened(file);
  if (const int error = begin(path_of(file), Fault::inspect_error)) return core::SystemError{error};
  return opened(file).status;
}

core::Result<std::size_t, core::SystemError> SimulatedFiles::read(core::FileId file, char* out,
                                                                  std::size_t size,
                                                                  uint64_t offset) {
  opened(file);
  if (const int error = begin(path_of(file), Fault::read_error)) return core::SystemError{error};
  const std::string& content = *opened(file).content;
  if (offset >= content.size()) return std::size_t{0};
  std::size_t count = std::min(size, content.size() - static_cast<std::size_t>(offset));
  if (count > 1 && random_.chance(faults_[Fault::short_read])) {
    count = 1 + random_.below(count - 1);
    trace_.inject(Fault::short_read, count);
  }
  std::memcpy(out, content.data() + offset, count);
  return count;
}

void SimulatedFiles::close(core::FileId file) {
  opened(file);
  open_files_.erase(file);
}

core::Result<core::Directory, core::SystemError> SimulatedFiles::list(const char* path,
                                                                      std::size_t /*most*/) {
  if (const int error = begin(path, Fault::list_error)) return core::SystemError{error};
  if (!is_directory(path)) return core::SystemError{served_->contains(path) ? ENOTDIR : ENOENT};
  return snapshot(*served_, path);
}

}  // namespace simulator
