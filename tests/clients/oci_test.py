#!/usr/bin/env python3
"""curl, fetching a container image that lies in the tree as an OCI image layout."""

import gzip
import io
import json
import tarfile

import serving

LAYERS = 3


def layer(seed):
    """A compressed archive with one file."""
    data = serving.content(seed, 2_000_000)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo(f"data/{seed}")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return gzip.compress(stream.getvalue(), mtime=0)


class OciTest(serving.ServingTest):
    def setUp(self):
        super().setUp()
        kind = "application/vnd.oci.image."
        layers = [self.write_blob(layer(seed), kind + "layer.v1.tar+gzip")
                  for seed in range(LAYERS)]
        configuration = self.write_blob(json.dumps({
            "architecture": "amd64", "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": []}}).encode(), kind + "config.v1+json")
        manifest = self.write_blob(json.dumps({
            "schemaVersion": 2, "config": configuration, "layers": layers}).encode(),
            kind + "manifest.v1+json")
        self.write("image/index.json",
                   json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode())
        self.write("image/oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        self.start()
        self.image = self.url + "image/"

    def write_blob(self, data, media_type):
        """Returns the descriptor of the new blob."""
        digest = serving.sha256(data)
        self.write(f"image/blobs/sha256/{digest}", data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    def blob_name(self, descriptor):
        return "blobs/" + descriptor["digest"].replace(":", "/")

    def fetch_blob(self, descriptor):
        name = self.blob_name(descriptor)
        self.curl("--fail", "--create-dirs", "--continue-at", "-", "--output", name,
                  self.image + name)
        data = (self.copies / name).read_bytes()
        self.assertEqual(f"sha256:{serving.sha256(data)}", descriptor["digest"])
        self.assertEqual(len(data), descriptor["size"])
        return data

    def fetch_manifest(self):
        self.assertEqual(json.loads(self.curl("--fail", self.image + "oci-layout")),
                         {"imageLayoutVersion": "1.0.0"})
        index = json.loads(self.curl("--fail", self.image + "index.json"))
        return json.loads(self.fetch_blob(index["manifests"][0]))

    def test_fetches_an_image(self):
        manifest = self.fetch_manifest()
        self.assertEqual(json.loads(self.fetch_blob(manifest["config"]))["os"], "linux")
        self.assertEqual(len(manifest["layers"]), LAYERS)
        for seed, descriptor in enumerate(manifest["layers"]):
            with tarfile.open(fileobj=io.BytesIO(self.fetch_blob(descriptor))) as archive:
                self.assertEqual(archive.extractfile(f"data/{seed}").read(),
                                 serving.content(seed, 2_000_000))

    def test_resumes_layers_that_were_cut(self):
        manifest = self.fetch_manifest()
        for position, descriptor in enumerate(manifest["layers"]):
            name = self.blob_name(descriptor)
            part = (self.root / "image" / name).read_bytes()[:1 + 700_000 * position]
            (self.copies / name).write_bytes(part)
            self.fetch_blob(descriptor)


if __name__ == "__main__":
    serving.main("curl")
