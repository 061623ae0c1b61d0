#include "tests/simulator/simulation.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "http/server/content_hasher.h"
#include "http/server/worker.h"
#include "tests/simulator/client.h"
#include "tests/simulator/model.h"
#include "tests/simulator/simulated_backend.h"
#include "tests/simulator/simulated_disk.h"

namespace simulator {

namespace {

using SimulatedWorker = http::server::Worker<SimulatedBackend>;

// A worker without a connection accepts within this time, whatever fails now and then.
constexpr uint64_t kMostAcceptPause = 10 * kSecond;
// Longer than all deadlines of a run together.
constexpr uint64_t kMostTime = 48 * 3'600 * kSecond;
constexpr uint64_t kMostTurns = 200'000;
// Where there is room for them.
constexpr uint32_t kMostClients = 40;

// The hasher of the server; its thread comes to each file some time after it was asked.
class LateHashes final : public http::ContentHashes {
 public:
  LateHashes(SimulatedFiles& files, Timeline& timeline, Random& random, Trace& trace)
      : hasher_(files), timeline_(timeline), random_(random), trace_(trace) {}

  std::optional<http::ContentHash> hash_of(core::Bytes path,
                                           const core::FileStatus& status) override {
    const auto hash = hasher_.hash_of(path, status);
    if (hash) {
      on_known(status);
    } else {
      static constexpr uint64_t kDelays[] = {1, 10 * kMillisecond, 3 * kSecond};
      timeline_.after(random_.below(random_.pick(kDelays)), [this] {
        if (hasher_.hash_next()) trace_.inject(Fault::late_hash, 0);
      });
    }
    return hash;
  }
  std::function<void(const core::FileStatus&)> on_known;

 private:
  http::server::ContentHasher hasher_;
  Timeline& timeline_;
  Random& random_;
  Trace& trace_;
};

class Simulation {
 public:
  Simulation(uint64_t seed, bool is_printed)
      : random_(seed),
        trace_(timeline_, is_printed),
        faults_(FaultRates::choose(random_)),
        files_(timeline_, random_, faults_, trace_),
        prompt_files_(files_, random_, faults_, trace_),
        disk_(files_, timeline_, random_, faults_, trace_),
        hashes_(files_, timeline_, random_, trace_) {}

  Report run();

 private:
  void draw_configuration();
  void draw_files();
  void draw_clients();
  void schedule_changes();
  void change_file(bool in_call);
  std::string draw_content();
  std::string same_size_content(const std::string& path);
  void serve();
  Client& client_of(const Link& link);
  bool is_crowded(const Link& link) const;
  void judge_discard(const Link& link);
  void on_open(Link& link);
  void judge_newcomer(const Link& link);
  void judge_turned_away(const Link& link, std::size_t served);
  void judge_admissions();
  bool is_consequence(const Link& link, const Client& client) const;
  void judge_deadline(const Link& link);
  void on_close(Link& link);
  void judge_ends();
  void judge_descriptors();
  void judge_turn();
  void judge_silence();
  void judge_reset(const Link& link);
  void judge_end();

  Random random_;
  Timeline timeline_;
  Trace trace_;
  FaultRates faults_;
  SimulatedFiles files_;
  PromptFiles prompt_files_;
  SimulatedDisk disk_;
  LateHashes hashes_;
  http::server::WorkerConfiguration configuration_;
  ModelRules rules_;
  std::vector<std::string> file_paths_;
  std::vector<std::string> targets_;
  uint64_t contents_ = 0;
  std::unique_ptr<Model> model_;
  uint32_t listeners_ = 1;
  uint32_t most_of_address_ = 0;  // connections; 0: any number
  std::unique_ptr<http::server::AddressLimit> address_limit_;
  std::unique_ptr<SimulatedBackend> backend_;
  std::unique_ptr<SimulatedWorker> worker_;
  std::unique_ptr<Surroundings> surroundings_;
  std::vector<std::unique_ptr<Client>> clients_;
  // In this turn:
  uint64_t chosen_ends_ = 0;         // of connections, by the worker
  uint64_t unclear_ends_ = 0;        // of clients that send garbage
  std::vector<Link*> consequences_;  // ends behind the last response
  std::vector<uint64_t> early_;      // connections whose deadlines can not have passed
  std::vector<Client*> lost_;        // reset with a response that was not read
  uint64_t unannounced_ = 0;         // ends
  uint64_t in_use_at_ = 0;           // when there was a connection last
  uint64_t turned_away_ = 0;         // connections
  uint32_t open_files_ = 0;          // of the store, before this turn
  bool had_room_ = true;             // for newcomers, since one has found none
  uint64_t shortage_began_ = 0;
  uint64_t shortage_ends_ = 0;
  uint32_t batch_ = 0;  // turned away in this period
  uint64_t batch_ends_ = 0;
  http::server::WorkerCounters before_;
  uint64_t drained_at_ = 0;
  bool draining_ = false;
  bool stopped_ = false;
};

void Simulation::draw_configuration() {
  http::server::WorkerConfiguration& configuration = configuration_;
  const bool is_small = random_.chance(250);
  configuration.connections = static_cast<uint32_t>(is_small ? random_.between(1, 4) : 64);
  if (is_small) configuration.patience = random_.below(8 * kSecond);
  configuration.chunks = static_cast<uint32_t>(random_.chance(150) ? random_.between(9, 12) : 64);
  configuration.timeouts = {.keep_alive = random_.between(1, 60) * kSecond,
                            .header = random_.between(2, 20) * kSecond,
                            .body = random_.between(1, 10) * kSecond,
                            .write = random_.between(1, 60) * kSecond,
                            .drain = random_.between(1, 30) * kSecond};
  configuration.file_jobs = static_cast<uint32_t>(random_.chance(200) ? 1 : 64);
  rules_.file_jobs = configuration.file_jobs;
  configuration.min_rate = random_.chance(200) ? 256 : 1;
  if (random_.chance(200)) {
    configuration.limits.requests = static_cast<uint32_t>(random_.between(1, 5));
  }
  configuration.limits.body_bytes = random_.chance(300) ? 400 : 4'000;
  configuration.content = {
      .memory_bytes = 1 << 20, .entries = 64, .files = 16, .memory_body_bytes = 8'000};
  if (random_.chance(200)) {
    rules_.is_tight = true;
    configuration.content = {.memory_bytes = random_.between(10'000, 30'000),
                             .entries = static_cast<uint32_t>(random_.between(1, 4)),
                             .files = static_cast<uint32_t>(random_.between(1, 2)),
                             .memory_body_bytes = 8'000};
  }
  configuration.content.transients = static_cast<uint32_t>(random_.below(8));
  if (random_.chance(500)) configuration.content.memory_body_bytes = 1'000;
  configuration.policy.listings = random_.chance(500);
  if (random_.chance(300)) {
    configuration.policy.entity_tags = http::EntityTagSource::content;
    configuration.policy.hashes = &hashes_;
  }
  if (random_.chance(300)) listeners_ = static_cast<uint32_t>(random_.between(2, 3));
  if (random_.chance(200)) most_of_address_ = static_cast<uint32_t>(random_.between(1, 4));
  configuration.hash_secret = random_.next();
  configuration.boundary_secret = random_.next();
  // All entries for one response and one more; or all descriptors.
  const uint32_t spare =
      configuration.connections - std::min(configuration.connections, kMostClients);
  rules_.least_held =
      std::min<uint64_t>(configuration.content.transients + 1, configuration.content.files + spare);
  rules_.listings = configuration.policy.listings;
  rules_.tags_by_content = configuration.policy.entity_tags == http::EntityTagSource::content;
  rules_.memory_body_bytes = configuration.content.memory_body_bytes;
  rules_.body_bytes = configuration.limits.body_bytes;
  rules_.requests = configuration.limits.requests;
}

// Bytes that name their content and their position, so that a misplaced one shows.
std::string Simulation::draw_content() {
  static constexpr uint64_t kSizes[] = {0, 20, 900, 3'000, 3'000, 5'000, 12'000, 30'000};
  const uint64_t most = random_.pick(kSizes);
  const std::size_t size = most == 0 ? 0 : random_.between(most / 2, most);
  const std::string name = std::to_string(++contents_);
  std::string text;
  text.reserve(size + 16);
  while (text.size() < size) text += "<" + name + ":" + std::to_string(text.size()) + ">";
  text.resize(size);
  return text;
}

std::string Simulation::same_size_content(const std::string& path) {
  const auto now = files_.states(path, timeline_.now(), timeline_.now()).back();
  std::string content = std::to_string(++contents_) + std::string(now->content->size(), '.');
  content.resize(now->content->size());
  return content;
}

void Simulation::draw_files() {
  files_.make_directory("d");
  files_.make_directory("list");
  file_paths_ = {"index.html",   "a.txt",       "a.txt.gz", "b.css",      "b.css.br",   "b.css.zst",
                 "d/index.html", "d/c.json.gz", "d/c.json", "list/x.txt", "list/y.bin", "big.bin"};
  for (const std::string& path : file_paths_) {
    if (random_.chance(150)) continue;
    const int64_t age = static_cast<int64_t>(random_.between(2, 9) * kSecond);
    files_.replace(path, draw_content(), files_.next_modified() - age);
  }
  if (files_.exists("big.bin") && random_.chance(30)) {
    std::string large;
    while (large.size() < io::kFileQuantum + 1'000) large += draw_content() + "-";
    files_.overwrite("big.bin", large);
  }
  static constexpr const char* kTargets[] = {"",        "a.txt",      "b.css",   "d/",
                                             "d",       "d/c.json",   "list/",   "list/x.txt",
                                             "big.bin", "list/y.bin", "missing", "a.txt/x"};
  // Few of them, so that clients share entries.
  const uint64_t count = random_.between(1, 6);
  for (uint64_t i = 0; i < count; ++i) targets_.push_back(random_.pick(kTargets));
}

// One of the files becomes another one, in one of the ways in which that happens. Within a call of
// the file system no large file is written to: the bytes of a response that is sent in the same
// turn would be of the new version, and nothing can tell.
void Simulation::change_file(bool in_call) {
  const std::string& path = file_paths_[random_.below(file_paths_.size())];
  if (!in_call) trace_.inject(Fault::change, contents_);
  const bool exists = files_.exists(path);
  const uint64_t what = random_.below(4);
  if (!exists || what == 0) {
    const int64_t age = random_.chance(300) ? static_cast<int64_t>(5 * kSecond) : 0;
    files_.replace(path, draw_content(), files_.next_modified() - age);
  } else if (what == 1) {
    files_.remove(path);
  } else if (!in_call) {
    std::string content = draw_content();
    const std::string& old = *files_.states(path, timeline_.now(), timeline_.now()).back()->content;
    if (what == 2 && !old.empty()) content = old.substr(0, random_.below(old.size()));  // shrinks
    files_.overwrite(path, content);
  }
}

void Simulation::schedule_changes() {
  files_.on_call = [this] { change_file(true); };
  files_.on_sent = [this](const std::string& sent) {
    // The file itself, or one that may wait behind it.
    const std::string path = random_.chance(500) ? sent : files_.draw_open_path(random_);
    static constexpr uint64_t kDelays[] = {0, 100 * kMicrosecond, 5 * kMillisecond};
    timeline_.after(random_.below(random_.pick(kDelays) + 1), [this, path] {
      if (!files_.exists(path)) return;
      trace_.inject(Fault::change_in_send, contents_);
      files_.overwrite(path, random_.chance(500) ? same_size_content(path) : draw_content());
    });
  };
  if (random_.chance(500)) return;
  const uint64_t count = random_.between(1, 12);
  const uint64_t within = random_.chance(500) ? 200 * kMillisecond : 20 * kSecond;
  if (random_.chance(200)) {
    timeline_.after(random_.below(within), [this, count] {
      trace_.inject(Fault::root_swap, 0);
      files_.replace_root();
      for (uint64_t i = 0; i < count; ++i) change_file(false);
    });
  }
  for (uint64_t i = 0; i < count; ++i) {
    timeline_.after(random_.below(within), [this] { change_file(false); });
  }
}

void Simulation::draw_clients() {
  uint64_t most = 8;
  if (random_.chance(100)) {
    // Also more than are turned away at a time.
    const bool is_small = configuration_.connections < 10;
    most = is_small && random_.chance(500) ? 200 : kMostClients;
  }
  const uint64_t count = random_.between(1, most);
  const uint64_t within = random_.chance(700) ? 10 * kMillisecond : 15 * kSecond;
  for (uint64_t i = 0; i < count; ++i) {
    timeline_.after(random_.below(within), [this, i] {
      clients_.push_back(std::make_unique<Client>(*surroundings_, i + 1));
      clients_.back()->connect(static_cast<uint32_t>(random_.below(listeners_)));
    });
  }
  if (random_.chance(150)) {
    const int64_t seconds = static_cast<int64_t>(random_.below(200)) - 100;
    timeline_.after(random_.below(3 * kSecond), [this, seconds] {
      trace_.inject(seconds < 0 ? Fault::wall_back : Fault::wall_forth, 0);
      timeline_.set_wall_back_or_forth(seconds);
    });
  }
  // Everybody comes before the end.
  const uint64_t end = random_.chance(200) ? random_.below(within) : within + 300 * kSecond;
  timeline_.after(end, [this] {
    trace_.note("drain", 0);
    draining_ = true;
    drained_at_ = timeline_.now();
    model_->drain(timeline_.now());
    worker_->drain();
  });
  if (random_.chance(50)) {
    timeline_.after(end + random_.below(5 * kSecond), [this] {
      trace_.note("stop", 0);
      stopped_ = true;
      worker_->stop();
    });
  }
}

Client& Simulation::client_of(const Link& link) {
  return **std::find_if(clients_.begin(), clients_.end(),
                        [&link](const auto& each) { return &each->link() == &link; });
}

bool Simulation::is_crowded(const Link& link) const {
  return most_of_address_ != 0 && backend_->count_connections_of(link.address) >= most_of_address_;
}

// A connection is turned away for one of three reasons, and those are facts.
void Simulation::judge_discard(const Link& link) {
  const bool is_gone = most_of_address_ != 0 && link.address == 0;
  if (is_gone) return trace_.inject(Fault::no_peer, link.number);
  if (is_crowded(link)) return trace_.inject(Fault::crowd, link.number);
  const uint32_t slots = configuration_.connections + http::server::kAcceptSlack;
  if (draining_ || backend_->count_connections() >= slots) return;
  trace_.fail("connection " + std::to_string(link.number) + " was refused for no reason");
}

// The worker counts who is turned away before it opens the connection.
void Simulation::on_open(Link& link) {
  const uint64_t turned_away = worker_->counters().turned_away;
  link.is_turned_away = turned_away > turned_away_;
  turned_away_ = turned_away;
  judge_newcomer(link);
}

// The same shortage goes on at least until a newcomer has had room for some time, which it has when
// nobody is connected.
void Simulation::judge_newcomer(const Link& link) {
  const std::size_t served =
      backend_->count_served_connections(true) + worker_->store().borrowed_files();
  if (served < configuration_.connections) {
    if (link.is_turned_away) {
      trace_.fail("connection " + std::to_string(link.number) +
                  " was turned away although there is room");
    }
    return;
  }
  if (had_room_ && timeline_.now() >= shortage_ends_) shortage_began_ = timeline_.now();
  had_room_ = false;
  shortage_ends_ = timeline_.now() + http::server::Shortage::kEnd;
  if (link.is_turned_away) judge_turned_away(link, served);
}

// Not before the patience is over, and a batch in a period, but for those that come although
// accepting has paused and are too many.
void Simulation::judge_turned_away(const Link& link, std::size_t served) {
  using http::server::Shortage;
  if (served >= configuration_.connections + http::server::kServedOverrun) return;
  if (timeline_.now() < shortage_began_ + configuration_.patience) {
    trace_.fail("connection " + std::to_string(link.number) +
                " was turned away before the patience was over");
  }
  if (timeline_.now() >= batch_ends_) {
    batch_ = 0;
    batch_ends_ = timeline_.now() + Shortage::kPeriod;
  }
  if (++batch_ > Shortage::kBatch) trace_.fail("more are turned away than in a batch");
}

// Beyond the limit comes only what the kernel had accepted already, and one that shows that it is
// reached.
void Simulation::judge_admissions() {
  if (backend_->count_served_connections(false) > configuration_.connections + 1) {
    trace_.fail("more connections than the limit");
  }
  for (uint32_t address = 1; address <= 3 && most_of_address_ != 0; ++address) {
    if (backend_->count_connections_of(address) > most_of_address_) {
      trace_.fail("an address has more connections than it may");
    }
  }
}

// Whether it follows from what the worker was told that it closes the connection; otherwise it
// chose to, and counts that.
bool Simulation::is_consequence(const Link& link, const Client& client) const {
  const auto& delivered = backend_->delivered();
  const bool is_told = delivered && delivered->link == &link;
  const bool is_own = is_told || backend_->sent_now() == &link;
  if (is_told && delivered->result <= 0) return true;
  if (is_own && client.owed() == 0 && (client.is_final() || link.end_delivered)) return true;
  if (!delivered && link.shut_at != 0) return timeline_.now() >= link.shut_at + 2 * kSecond;
  return draining_ && client.owed() == 0 && (is_own || !delivered);
}

// A deadline can not have passed before its time.
void Simulation::judge_deadline(const Link& link) {
  const http::server::Timeouts& timeouts = configuration_.timeouts;
  uint64_t first = std::min(timeouts.keep_alive, timeouts.header);
  if (link.is_turned_away) first = std::min(first, kMostTurnedAway);
  const uint64_t end = link.is_sending ? link.opened_at + timeouts.write : link.quiet_since + first;
  if (timeline_.now() < end) early_.push_back(link.number);
  const bool is_silent = link.taken == 0 && !link.is_sending;
  if (link.is_turned_away && is_silent &&
      timeline_.now() > link.quiet_since + kMostTurnedAway + kSecond + backend_->stopped_for()) {
    trace_.fail("connection " + std::to_string(link.number) +
                " was turned away and stayed for longer than it may");
  }
}

void Simulation::on_close(Link& link) {
  Client& client = client_of(link);
  if (draining_ && client.owed() == 0) link.reasons |= Link::kDrain;
  if (is_consequence(link, client)) {
    if (link.shut_at != 0) link.reasons |= Link::kLingerOver;
    const auto& delivered = backend_->delivered();
    if (delivered && delivered->result > 0) consequences_.push_back(&link);
    if (client.sends_garbage()) ++unclear_ends_;
    return;
  }
  link.reasons |= Link::kCounted;
  ++chosen_ends_;
  if (!backend_->delivered()) judge_deadline(link);
}

// Every connection that the worker chose to end was counted, with the reason.
void Simulation::judge_ends() {
  const http::server::WorkerCounters& now = worker_->counters();
  const uint64_t shed = now.shed - before_.shed;
  const uint64_t reclaimed = now.reclaimed - before_.reclaimed;
  const uint64_t heads = now.head_timeouts - before_.head_timeouts;
  const uint64_t disks = now.disk_timeouts - before_.disk_timeouts;
  const uint64_t changed = now.files_changed - before_.files_changed - backend_->changes_told();
  const uint64_t counted = shed + reclaimed + heads + disks + changed + now.idle_timeouts -
                           before_.idle_timeouts + now.write_timeouts - before_.write_timeouts +
                           now.body_timeouts - before_.body_timeouts -
                           backend_->late_announcements();
  if (chosen_ends_ > counted) trace_.fail("a connection was closed for no reason that was counted");
  // What timed out when there was no chunk for the answer is both; a connection may be shed
  // although it was at its end; and what garbage is owed is not known.
  const uint64_t both = (shed > 0 ? heads + disks + consequences_.size() : 0) + unclear_ends_;
  if (counted > chosen_ends_ + both && !draining_) {
    trace_.fail("an end of a connection was counted that did not happen");
  }
  if (early_.size() > shed + reclaimed) {
    trace_.fail("connection " + std::to_string(early_.front()) + " was timed out too early");
  }
  // Nor is known whether garbage was at its end when its file changed.
  if (shed > 0 || changed > 0) {
    for (Link* link : consequences_) link->reasons |= Link::kCounted;
  }
  chosen_ends_ = unclear_ends_ = 0;
  consequences_.clear();
  early_.clear();
}

// More files than are kept open are opened only while a response is sent from each of the others,
// but for an original, which is there until its sibling is.
void Simulation::judge_descriptors() {
  const uint32_t open = worker_->store().file_count();
  const bool has_grown = open > std::exchange(open_files_, open);
  const uint64_t now = timeline_.now();
  if (has_grown && open > configuration_.content.files &&
      open > backend_->most_sending(now, now) + 2) {
    trace_.fail("more files are open than are kept or sent");
  }
}

void Simulation::judge_turn() {
  judge_admissions();
  judge_descriptors();
  judge_ends();
  for (Client* client : lost_) {
    if (client->link().reasons == Link::kNone) {
      trace_.fail("the last response of connection " + std::to_string(client->link().number) +
                  " was lost by a reset");
    }
  }
  lost_.clear();
  const http::server::WorkerCounters& now = worker_->counters();
  if (unannounced_ > now.body_timeouts - before_.body_timeouts) {
    trace_.fail("the end of a connection was not announced and no body was late");
  }
  unannounced_ = 0;
  before_ = now;
  disk_.end_turn();
  judge_silence();
  if (worker_->connection_count() > 0) {
    in_use_at_ = timeline_.now();
  } else {
    had_room_ = true;
  }
  const uint64_t since = backend_->waiting_since();
  const uint64_t late = backend_->stopped_for();
  if (since != core::kNever && !draining_ &&
      timeline_.now() > std::max(since, in_use_at_) + kMostAcceptPause + late) {
    trace_.fail("nobody is connected, and who waits is not accepted");
  }
  if (draining_ && timeline_.now() > drained_at_ + configuration_.timeouts.drain + kSecond + late) {
    trace_.fail("the drain takes longer than it may");
  }
}

// Who is owed a response and is not sent one waits for the disk itself; whatever others wait for,
// everybody else was answered in the turn in which the request came. And who is not read waits for
// the disk too: what else would make anybody read it again?
void Simulation::judge_silence() {
  backend_->for_each_silent([this](io::SocketId id, const Link& link, bool is_paused) {
    if (disk_.is_awaited_by(id)) return;
    const std::string who = "connection " + std::to_string(link.number);
    if (is_paused) trace_.fail(who + " will never be read again");
    if (client_of(link).owed() > 0) trace_.fail(who + " was not answered in its turn");
  });
}

// Only who has read less than the minimum rate for a whole period is reset.
void Simulation::judge_reset(const Link& link) {
  const uint64_t period = configuration_.timeouts.write;
  uint64_t read = 0;
  for (const auto& [time, bytes] : link.reads) {
    if (time + period > timeline_.now()) read += bytes;
  }
  if (read > 0 && read >= configuration_.min_rate * period / kSecond) {
    trace_.fail("connection " + std::to_string(link.number) + " was reset, and its client reads");
  }
}

void Simulation::serve() {
  uint64_t turns = 0;
  while (worker_->turn(core::kNever)) {
    judge_turn();
    if (!trace_.failure().empty()) return;
    worker_->check_invariants();
    if (backend_->is_dead() || timeline_.now() > kMostTime || ++turns > kMostTurns) {
      return trace_.fail("the run does not come to its end");
    }
  }
  judge_turn();
  worker_->check_invariants();
}

void Simulation::judge_end() {
  for (const auto& client : clients_) {
    // Time was up before all responses were out.
    if (!client->link().server_closed) client->link().reasons |= Link::kDrain;
    client->judge_end();
  }
  if (stopped_ || !trace_.failure().empty()) return;
  // Jobs that nobody waits for any more may hold some until the worker goes.
  if (worker_->store().file_count() + disk_.open_count() != files_.open_count()) {
    trace_.fail("a file is left open");
  }
  if (worker_->connection_count() > 0) {
    if (timeline_.now() < drained_at_ + configuration_.timeouts.drain) {
      trace_.fail("a connection was left before the time for the drain was up");
    }
    return;
  }
  if (address_limit_ && address_limit_->clients() > 0) trace_.fail("an address is left counted");
  if (backend_->open_count() > 0) trace_.fail("a connection is left over");
}

Report Simulation::run() {
  draw_configuration();
  draw_files();
  model_ = std::make_unique<Model>(files_, timeline_, rules_);
  model_->set_disk(disk_);
  hashes_.on_known = [this](const core::FileStatus& status) { model_->note_hash(status); };
  const uint32_t slots = configuration_.connections + http::server::kAcceptSlack;
  const io::Capacity capacity{slots, listeners_};
  if (most_of_address_ != 0) {
    address_limit_ =
        std::make_unique<http::server::AddressLimit>(most_of_address_, slots + 1, random_.next());
  }
  backend_ =
      std::make_unique<SimulatedBackend>(capacity, timeline_, random_, faults_, files_, trace_);
  worker_ = std::make_unique<SimulatedWorker>(configuration_, prompt_files_, disk_, *backend_,
                                              address_limit_.get());
  surroundings_ = std::make_unique<Surroundings>(
      Surroundings{timeline_, random_, trace_, *model_, *backend_, targets_,
                   configuration_.limits.body_bytes, configuration_.timeouts.header});
  backend_->on_open = [this](Link& link) { on_open(link); };
  backend_->on_close = [this](Link& link) { on_close(link); };
  backend_->on_shutdown = [this](Link& link) {
    const Client& client = client_of(link);
    if (!draining_ && !client.is_final() && !client.sends_garbage()) ++unannounced_;
  };
  backend_->on_unread = [this](Link& link) {
    Client& client = client_of(link);
    // Garbage may ask for the end and go on; who does that is not listened to.
    if (link.to_client.empty() || !client.is_final() || client.sends_garbage()) return;
    if (link.shut_at == 0) lost_.push_back(&client);
  };
  backend_->on_discard = [this](Link& link) { judge_discard(link); };
  backend_->on_reset = [this](Link& link) { judge_reset(link); };
  for (uint32_t i = 0; i < listeners_; ++i) worker_->listen(0);
  draw_clients();
  schedule_changes();
  serve();
  judge_end();

  Report report;
  report.turns = backend_->counters().turns;
  report.connections = clients_.size();
  report.requests = surroundings_->requests;
  report.responses = surroundings_->responses;
  report.faults = trace_.faults();
  files_.on_call = nullptr;
  worker_.reset();
  if (files_.open_count() > 0) trace_.fail("a file is still open when the worker is gone");
  report.failure = trace_.failure();
  report.hash = trace_.hash();
  return report;
}

}  // namespace

Report simulate(uint64_t seed, bool is_printed) {
  return Simulation(seed, is_printed).run();
}

}  // namespace simulator
