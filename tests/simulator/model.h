// What a response may be, byte by byte, made in the plainest way from a request and from what its
// files were at the time. Nothing here is shared with the server but tables of constant text
// (statuses, error pages, media types), the text of a listing and the hash of a tag by content.
//
// A response is one of several texts only where the server may choose: which version of a file,
// if it changed within the time of freshness or while the answer was made; an error, if a call
// failed then or a limit is tight.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/content/content_store.h"
#include "tests/simulator/request.h"
#include "tests/simulator/simulated_disk.h"
#include "tests/simulator/simulated_files.h"

namespace simulator {

struct ModelRules {
  bool listings = false;
  bool tags_by_content = false;
  bool is_tight = false;      // the cache may have no room
  std::size_t file_jobs = 0;  // at a time
  // Entries that have to be held before there is none for a file.
  uint64_t least_held = 0;
  uint64_t memory_body_bytes = 0;
  uint64_t body_bytes = 0;
  uint32_t requests = 0;  // of one connection; 0: no limit
};

// When the server may have answered.
struct Window {
  uint64_t from;
  uint64_t to;
  // Entries that other responses may have held at one moment, at most.
  std::size_t held = 0;
  // There was no room for the connection.
  bool is_turned_away = false;
};

class Model {
 public:
  Model(const SimulatedFiles& files, const Timeline& timeline, const ModelRules& rules)
      : files_(files), timeline_(timeline), rules_(rules) {}

  // From then on the worker knows the hash of a large file with that status.
  void note_hash(const core::FileStatus& status) { hashed_.push_back({status, timeline_.now()}); }
  // Where calls wait.
  void set_disk(const SimulatedDisk& disk) { disk_ = &disk; }

  // From then on every response may be the last.
  void drain(uint64_t time) { drained_at_ = time; }

  // Whether `actual` is a response to the `ordinal`th request of its connection (from 1), or the
  // beginning of one if it is not whole.
  bool accepts(const Request& request, uint32_t ordinal, Window window, std::string_view actual,
               bool is_whole) const;
  // Whether `response` is a whole response to some request, whatever it may have been: its framing,
  // its date, and a body that was there to be served.
  bool is_plausible(Window window, std::string_view response) const;
  // One of the responses that would have been accepted.
  std::string example(const Request& request, uint32_t ordinal, Window window,
                      std::string_view actual) const;

 private:
  // What a response is made of.
  struct Outcome {
    http::Status status = http::Status::ok;
    std::shared_ptr<const Version> version = {};  // of the representation
    std::string content = {};                     // of a listing
    std::string content_type = {};
    http::ContentCoding coding = http::ContentCoding::identity;
    std::string vary = {};
    std::string tag = {};
    std::string location = {};
    std::string security_policy = {};
    bool has_modified = true;
    std::vector<std::pair<uint64_t, uint64_t>> parts = {};

    const std::string& bytes() const { return version != nullptr ? *version->content : content; }
  };
  // Parts of the response that only the server knows: taken over after they were checked.
  struct Free {
    std::string date;
    int64_t date_seconds = 0;
    std::string boundary;
  };

  std::vector<Outcome> outcomes(const Request& request, Window window) const;
  // When the server may have looked at the files for an answer of that time.
  uint64_t earliest_look(Window window) const;
  void add_targets(const Request& request, Window window, std::vector<Outcome>& out) const;
  // errno values of the calls on the path that failed, or may have for want of a job.
  std::vector<int> failures(const std::string& path, Window window) const;
  void add_failures(const std::string& path, Window window, std::vector<Outcome>& out) const;
  void add_listings(const Request& request, Window window, std::vector<Outcome>& out) const;
  void add_representations(const Request& request, const std::string& path,
                           const std::shared_ptr<const Version>& original, Window window,
                           std::vector<Outcome>& out) const;
  void add_selected(const Request& request, Outcome outcome, Window window,
                    std::vector<Outcome>& out) const;
  void add_conditioned(const Request& request, Outcome outcome, Window window,
                       std::vector<Outcome>& out) const;
  void add_ranged(const Request& request, Outcome outcome, std::vector<Outcome>& out) const;
  // Whether the answer may have come while the wall clock showed a second for which that is so.
  template <class Condition>
  bool may_have_shown(Window window, Condition condition) const;
  bool may_be_hashed(const core::FileStatus& status, Window window) const;
  bool may_lack_hash(const core::FileStatus& status, Window window) const;
  std::vector<std::string> texts(const Request& request, uint32_t ordinal, Window window,
                                 const Free& free) const;
  std::string text(const Request& request, const Outcome& outcome, bool closes, bool asked_on,
                   const Free& free) const;
  std::optional<Free> free_parts(std::string_view actual, Window window) const;

  const SimulatedFiles& files_;
  const Timeline& timeline_;
  ModelRules rules_;
  const SimulatedDisk* disk_ = nullptr;
  uint64_t drained_at_ = core::kNever;
  struct Hashed {
    core::FileStatus status;
    uint64_t since;
  };
  std::vector<Hashed> hashed_;
};

}  // namespace simulator
