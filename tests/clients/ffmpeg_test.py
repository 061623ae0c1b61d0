#!/usr/bin/env python3
"""ffprobe and ffmpeg, seeking in a video by ranges."""

import json
import re

import serving

SECONDS = 20
RATE = 25  # frames a second


class FfmpegTest(serving.ServingTest):
    def setUp(self):
        super().setUp()
        # What tells where everything is stands at the end of the file, behind the pictures, as it
        # does where nobody has asked for another order.
        self.video = self.root / "video.mp4"
        self.run_to_end("ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                        f"testsrc2=size=320x240:rate={RATE}:duration={SECONDS}", "-c:v", "mpeg4",
                        "-q:v", 2, "-g", RATE, self.video)
        self.size = self.video.stat().st_size
        self.start()
        self.video_url = self.url + "video.mp4"

    def first_bytes_of_ranges(self, output):
        return [int(first) for first in re.findall(r"^Range: bytes=(\d+)-", output, re.MULTILINE)]

    def test_ffprobe_finds_the_index_at_the_end(self):
        output = self.run_to_end("ffprobe", "-v", "debug", self.video_url)
        # Of the pictures it read no more than the first buffers.
        self.assertGreater(max(self.first_bytes_of_ranges(output)), self.size // 2)
        facts = json.loads(self.run_to_end(
            "ffprobe", "-v", "error", "-of", "json", "-show_entries",
            "stream=codec_name,width,nb_frames:format=duration,size", self.video_url))
        self.assertEqual(facts["streams"], [
            {"codec_name": "mpeg4", "width": 320, "nb_frames": str(SECONDS * RATE)}])
        self.assertEqual(float(facts["format"]["duration"]), SECONDS)
        self.assertEqual(int(facts["format"]["size"]), self.size)

    def test_ffmpeg_takes_a_picture_near_the_end(self):
        def picture(source, level):
            return self.run_to_end("ffmpeg", "-v", level, "-ss", SECONDS - 2, "-i", source,
                                   "-frames:v", 1, "-f", "framemd5", "-")

        last_line = picture(self.video, "error").splitlines()[-1]
        self.assertRegex(last_line, r"[0-9a-f]{32}$")
        output = picture(self.video_url, "debug")
        self.assertIn(last_line, output.splitlines())
        # The index at the end comes before the picture, which is not far from it.
        ranges = self.first_bytes_of_ranges(output)
        self.assertGreater(ranges[-1], self.size // 2)
        self.assertGreater(max(ranges), ranges[-1])


if __name__ == "__main__":
    serving.main("ffmpeg", "ffprobe")
