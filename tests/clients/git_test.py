#!/usr/bin/env python3
"""git, cloning a bare repository that is nothing but files (the "dumb" protocol)."""

import serving


class GitTest(serving.ServingTest):
    def setUp(self):
        super().setUp()
        self.environment.update(
            GIT_CONFIG_NOSYSTEM="1", GIT_TERMINAL_PROMPT="0", GIT_AUTHOR_NAME="A",
            GIT_AUTHOR_EMAIL="a@example.org", GIT_COMMITTER_NAME="A",
            GIT_COMMITTER_EMAIL="a@example.org")
        self.source = self.folder / "source"
        self.bare = self.root / "project.git"
        self.git("init", "--quiet", "--initial-branch=main", self.source, folder=self.folder)
        for number in range(20):
            self.commit(f"file {number}.txt")
        self.git("tag", "-a", "v1", "-m", "one")
        self.git("clone", "--quiet", "--bare", self.source, self.bare, folder=self.folder)
        self.publish()

    def git(self, *arguments, folder=None):
        return self.run_to_end("git", *arguments, cwd=folder or self.source)

    def commit(self, name):
        (self.source / name).write_bytes(serving.content(name, 3000))
        self.git("add", name)
        self.git("commit", "--quiet", "-m", f"Add {name}")

    def publish(self):
        self.git("update-server-info", folder=self.bare)

    def clone(self):
        self.start()
        self.git("clone", "--quiet", self.url + "project.git", folder=self.copies)
        return self.copies / "project"

    def assert_has_everything(self, clone, revision="HEAD"):
        self.git("fsck", "--full", "--strict", folder=clone)
        for name in (revision, "v1"):
            self.assertEqual(self.git("rev-parse", name, folder=clone),
                             self.git("rev-parse", name if name == "v1" else "HEAD"))
        self.assertEqual(self.git("status", "--porcelain", folder=clone), "")

    def test_clones_loose_objects(self):
        # A clone has one pack; unpacked, every object is a file of its own.
        packs = [self.bare / "objects/pack" / path.name
                 for path in (self.bare / "objects/pack").glob("*.pack")]
        for pack in packs:
            pack.rename(self.folder / pack.name)
            pack.with_suffix(".idx").unlink()
            with open(self.folder / pack.name, "rb") as stream:
                self.run_to_end("sh", "-c", 'git unpack-objects -q <"$0"', self.folder / pack.name,
                                cwd=self.bare)
        self.publish()
        loose = list(self.bare.glob("objects/[0-9a-f][0-9a-f]/*"))
        self.assertGreater(len(loose), 60)
        self.assert_has_everything(self.clone())

    def test_clones_a_pack(self):
        self.git("repack", "--quiet", "-a", "-d", folder=self.bare)
        self.git("pack-refs", "--all", folder=self.bare)
        self.publish()
        self.assertEqual(list(self.bare.glob("objects/[0-9a-f][0-9a-f]/*")), [])
        self.assert_has_everything(self.clone())

    def test_fetches_a_new_commit(self):
        clone = self.clone()
        self.commit("later.txt")
        self.git("push", "--quiet", self.bare, "main")
        self.publish()
        self.let_a_second_pass()
        self.git("fetch", "--quiet", folder=clone)
        self.assert_has_everything(clone, "origin/main")


if __name__ == "__main__":
    serving.main("git")
