#include "http/server/system.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>

#include "tests/support/temporary_directory.h"

namespace http::server {
namespace {

// A directory that stands for "/" of another machine.
class FakeRoot {
 public:
  FakeRoot& file(const std::string& path, const std::string& text) {
    directory_.write(path.substr(1), text);
    return *this;
  }
  double quota() const { return read_cpu_quota(directory_.path()); }

 private:
  test_support::TemporaryDirectory directory_;
};

TEST(CpuQuota, NothingIsMounted) {
  EXPECT_EQ(FakeRoot().quota(), 0);
  EXPECT_EQ(FakeRoot().file("/proc/self/cgroup", "").quota(), 0);
  EXPECT_EQ(FakeRoot().file("/proc/self/cgroup", "0::/a/b\n").quota(), 0);
}

TEST(CpuQuota, Version2) {
  const auto quota = [](const std::string& cpu_max) {
    return FakeRoot()
        .file("/proc/self/cgroup", "0::/service\n")
        .file("/sys/fs/cgroup/service/cpu.max", cpu_max)
        .quota();
  };
  EXPECT_EQ(quota("150000 100000\n"), 1.5);
  EXPECT_EQ(quota("200000 100000"), 2);
  EXPECT_EQ(quota("5000 10000\n"), 0.5);
  EXPECT_EQ(quota("max 100000\n"), 0);
  EXPECT_EQ(quota("max\n"), 0);
  EXPECT_EQ(quota(""), 0);
  EXPECT_EQ(quota("nonsense\n"), 0);
  EXPECT_EQ(quota("-1 100000\n"), 0);
  EXPECT_EQ(quota("100000 0\n"), 0);
  EXPECT_EQ(quota("0 100000\n"), 0);
}

// A group may use no more than any group above it.
TEST(CpuQuota, Version2TakesTheSmallestUpToTheRoot) {
  FakeRoot root;
  root.file("/proc/self/cgroup", "0::/a/b/c\n");
  root.file("/sys/fs/cgroup/a/b/c/cpu.max", "400000 100000\n");
  EXPECT_EQ(root.quota(), 4);
  root.file("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(root.quota(), 4);
  root.file("/sys/fs/cgroup/a/cpu.max", "250000 100000\n");
  EXPECT_EQ(root.quota(), 2.5);
  root.file("/sys/fs/cgroup/cpu.max", "300000 100000\n");
  EXPECT_EQ(root.quota(), 2.5);
  root.file("/sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(root.quota(), 0.5);
}

// In a container with a cgroup namespace, its own group is the root.
TEST(CpuQuota, Version2InAContainer) {
  EXPECT_EQ(FakeRoot()
                .file("/proc/self/cgroup", "0::/\n")
                .file("/sys/fs/cgroup/cpu.max", "150000 100000\n")
                .quota(),
            1.5);
  // Outside of the namespace's root the path leads nowhere; what is mounted is what counts.
  EXPECT_EQ(FakeRoot()
                .file("/proc/self/cgroup", "0::/../../other\n")
                .file("/sys/fs/cgroup/cpu.max", "250000 100000\n")
                .quota(),
            2.5);
}

TEST(CpuQuota, Version1) {
  FakeRoot root;
  root.file("/proc/self/cgroup",
            "12:cpuset:/x\n7:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n0::/\n");
  EXPECT_EQ(root.quota(), 0);
  root.file("/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "350000\n");
  EXPECT_EQ(root.quota(), 0) << "no period";
  root.file("/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(root.quota(), 3.5);
  root.file("/sys/fs/cgroup/cpu/docker/cpu.cfs_quota_us", "-1\n");
  root.file("/sys/fs/cgroup/cpu/docker/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(root.quota(), 3.5) << "-1 is no quota";
  root.file("/sys/fs/cgroup/cpu/docker/cpu.cfs_quota_us", "100000\n");
  EXPECT_EQ(root.quota(), 1);
}

// Without a cgroup namespace /proc names a group that the container does not see.
TEST(CpuQuota, Version1InAContainer) {
  EXPECT_EQ(FakeRoot()
                .file("/proc/self/cgroup", "4:cpuacct,cpu:/docker/abc\n")
                .file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "120000\n")
                .file("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n")
                .quota(),
            1.2);
}

TEST(CpuQuota, BothVersionsAtOnce) {
  EXPECT_EQ(FakeRoot()
                .file("/proc/self/cgroup", "4:cpu:/v1\n0::/v2\n")
                .file("/sys/fs/cgroup/cpu/v1/cpu.cfs_quota_us", "300000\n")
                .file("/sys/fs/cgroup/cpu/v1/cpu.cfs_period_us", "100000\n")
                .file("/sys/fs/cgroup/unified/v2/cpu.max", "200000 100000\n")
                .quota(),
            2);
}

TEST(CpuQuota, OddLinesAreSkipped) {
  EXPECT_EQ(FakeRoot()
                .file("/proc/self/cgroup",
                      "\n:\n::\nno colon\n0::relative\n5:cpuset:/a\n"
                      "9:cpux,xcpu:/a\n0::/a:b\n")
                .file("/sys/fs/cgroup/cpu.max", "700000 100000\n")
                .file("/sys/fs/cgroup/a:b/cpu.max", "600000 100000\n")
                .quota(),
            6);
}

TEST(UsableCpus, AffinityCutDownToTheQuota) {
  const auto usable = [](std::size_t cpus, double quota) {
    SystemFacts facts;
    facts.cpus.assign(cpus, 0);
    facts.cpu_quota = quota;
    return facts.usable_cpus();
  };
  EXPECT_EQ(usable(8, 0), 8u);
  EXPECT_EQ(usable(8, 8), 8u);
  EXPECT_EQ(usable(8, 100), 8u);
  EXPECT_EQ(usable(8, 1e30), 8u);
  EXPECT_EQ(usable(8, 2), 2u);
  EXPECT_EQ(usable(8, 1.5), 2u);
  EXPECT_EQ(usable(8, 0.1), 1u);
  EXPECT_EQ(usable(1, 0.5), 1u);
  EXPECT_EQ(usable(1, 4), 1u);
  EXPECT_EQ(usable(0, 0), 1u);
}

TEST(SystemFacts, OfThisMachine) {
  const SystemFacts facts = read_system_facts();
  EXPECT_GE(facts.cpus.size(), 1u);
  EXPECT_GE(facts.usable_cpus(), 1u);
  EXPECT_LE(facts.usable_cpus(), facts.cpus.size());
  EXPECT_FALSE(facts.kernel.empty());
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(facts.descriptors, limit.rlim_cur);
  EXPECT_EQ(facts.descriptors_hard, limit.rlim_max);
  EXPECT_EQ(limit.rlim_cur, limit.rlim_max) << "the limit is raised";
}

}  // namespace
}  // namespace http::server
