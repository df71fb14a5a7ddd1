"""Movies of kinds that people meet: each frame is the picture that Blender shows on it, or the movie is refused in words."""

from __future__ import annotations

import shutil

import av
import numpy as np
import pytest

from engine.frames.source import open_source
from engine.protocol import ErrorCode, PlatelightError, Source
from tests.support.field import FIELD, number_of
from tests.support.field_movies import COVERED, COVERED_SHOWN, REFUSED, SHOWN
from tests.support.jobs import exr_bytes, finish, refused, request


def opened(name, **known):
    return open_source(Source(path=str(FIELD / name), **known))


def numbers(clip, first, last):
    return [number_of(picture.rgb) for picture in clip.read(first, last)]


@pytest.mark.parametrize("name", SHOWN)
def test_every_frame_is_what_blender_shows_from_any_start(name):
    clip, shown = opened(name), SHOWN[name]
    clip.check(clip.first, clip.last)
    assert clip.last <= len(shown) <= clip.held
    assert numbers(clip, 1, len(shown)) == list(shown)
    for start in (2, len(shown) // 3, len(shown) // 2, clip.last - 1, clip.last):
        if start > 0:
            assert numbers(clip, start, clip.last)[:3] == list(shown[start - 1 : clip.last])[:3]


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("strip-longer-than-the-pictures/a.mkv", 48),
        ("edit-list-trim/h264_cut.mp4", 33),
        ("avi-null-frames/null.avi", 15),
        ("field-coded-avchd/paff.mts", 20),
        ("starts-in-the-middle-of-a-gop/h264_midcapture.ts", 37),
        ("variable-rate/gap.mp4", 28),
    ],
)
def test_the_clip_ends_with_its_last_picture(name, last):
    assert opened(name).last == last


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_followed_is_refused_in_words(name):
    code, words = REFUSED[name]
    with pytest.raises(PlatelightError) as caught:
        opened(name)
    assert caught.value.code == code and words in caught.value.detail and name.rpartition("/")[2] in caught.value.detail
    assert "ranscode it" in caught.value.remedy


def test_the_movie_is_read_and_not_its_cover():
    clip = opened(COVERED)
    assert numbers(clip, 1, clip.last) == list(COVERED_SHOWN)
    with pytest.raises(PlatelightError) as caught:
        opened(COVERED, frames=45000, rate=90000.0)
    assert caught.value.code == ErrorCode.SOURCE_TIMING and "at 90000 frames a second, the engine at 24" in caught.value.detail


def test_a_movie_of_which_only_the_cover_is_left(tmp_path):
    with av.open(str(FIELD / COVERED)) as source, av.open(str(tmp_path / "cover.mp4"), "w") as target:
        cover = next(stream for stream in source.streams.video if stream.disposition & av.stream.Disposition.attached_pic)
        copy = target.add_stream_from_template(cover)
        copy.disposition = av.stream.Disposition.attached_pic
        for packet in source.demux(cover):
            if packet.size:
                packet.stream = copy
                target.mux(packet)
    with pytest.raises(PlatelightError) as caught:
        open_source(Source(path=str(tmp_path / "cover.mp4")))
    assert caught.value.code == ErrorCode.SOURCE_EMPTY and "cover" in caught.value.detail


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("variable-rate/gap.mp4", ["variable frame rate", "on 4 frames", "ranscode it"]),
        ("variable-rate/uneven.gif", ["variable frame rate", "on 11 frames"]),
        ("avi-null-frames/null.avi", ["dropped frames", "on 3 frames"]),
        ("starts-in-the-middle-of-a-gop/mpeg2_midcapture.ts", ["middle of a group of pictures", "frames 1 to 15", "ranscode it"]),
    ],
)
def test_what_the_user_should_know_is_told(name, words):
    notices = opened(name).notices
    assert all(word in notices[0] for word in words), notices


@pytest.mark.parametrize(
    "name",
    [
        "strip-longer-than-the-pictures/a.mkv",
        "edit-list-trim/h264_cut.mp4",
        "b-frames-in-avi/h264b.avi",
        "field-coded-avchd/paff.mts",
        "open-gop-and-hidden-pictures/hevc_open.mp4",
        "fields-in-one-packet/paff_pes_aud.mts",
    ],
)
def test_even_movies_need_no_words(name):
    assert opened(name).notices == ()


def test_a_movie_that_blender_jumps_wrong_in_is_told():
    """Its key picture is decoded long before it is shown: jumping to frame 12, Blender begins at that key."""
    notices = opened("variable-rate/gap.mp4").notices
    assert "jumps to frame 12" in notices[1]


def test_held_frames_need_no_passes_of_their_own(preview, tmp_path):
    movie = FIELD / "strip-longer-than-the-pictures" / "a.mkv"
    result = finish(request(movie, tmp_path / "all", first=1, last=58, frames=58, rate=24.0), preview).result
    assert (result.first, result.last, result.frames_written) == (1, 48, 48)
    assert len(exr_bytes(tmp_path / "all")) == 48
    result = finish(request(movie, tmp_path / "held", first=50, last=58), preview).result
    assert (result.first, result.last) == (48, 48) and list(exr_bytes(tmp_path / "held")) == ["a.0048.exr"]
    error = refused(request(movie, tmp_path / "beyond", first=1, last=60), preview)
    assert error.code == ErrorCode.RANGE_OUTSIDE_CLIP and "the clip has 1 to 48" in error.detail


def test_a_variable_rate_is_told_before_a_range_that_does_not_fit(preview, tmp_path):
    from engine.job.estimate import run

    events = run(request(FIELD / "variable-rate" / "gap.mp4", tmp_path, first=1, last=99), estimator=preview)
    told = [next(events) for _ in range(2)]
    assert "variable frame rate" in told[1].text
    with pytest.raises(PlatelightError) as caught:
        list(events)
    assert caught.value.code == ErrorCode.RANGE_OUTSIDE_CLIP


@pytest.mark.parametrize("name", ["bt2020_pc.mp4", "bt601_tv.mp4", "x264_bt2020_tv.mp4", "x264_bt709_pc.mp4"])
def test_matrix_and_range_tags(name):
    picture = next(opened(f"colour-tags/{name}").read(1, 1)).rgb
    picture = picture / np.iinfo(picture.dtype).max * 255
    height, width = picture.shape[:2]
    corners = {(0, 0): (200, 40, 40), (0, 1): (40, 200, 40), (1, 0): (40, 40, 200), (1, 1): (190, 190, 190)}
    for (down, across), colour in corners.items():
        seen = picture[height // 10 + down * height * 8 // 10, width // 10 + across * width * 8 // 10]
        assert np.abs(seen - colour).max() <= 3, name


def test_a_tag_that_is_not_utf_8(tmp_path):
    source = FIELD / "streams" / "two_diff.mov"
    with av.open(str(source)) as movie, av.open(str(tmp_path / "a.mkv"), "w") as target:
        target.metadata["title"] = "Cafe XXXX"
        stream = movie.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in movie.demux(stream):
            if packet.size:
                packet.stream = copy
                target.mux(packet)
    file = tmp_path / "a.mkv"
    data = file.read_bytes()
    assert b"Cafe XXXX" in data
    file.write_bytes(data.replace(b"Cafe XXXX", "Café Ünde".encode("latin-1")))
    clip = open_source(Source(path=str(file)))
    assert numbers(clip, 1, 12) == list(range(1, 13))


def segment(path, *, size, start, count=16, first=1):
    with av.open(str(path), "w", format="mpegts", options={"mpegts_copyts": "1"}) as container:
        stream = container.add_stream("libx264", rate=24, options={"g": "12", "bf": "3"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), 8 * (first + index), np.uint8), format="rgb24")
            frame.pts = start + index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path.read_bytes()


def test_a_size_that_changes_inside_a_movie(preview, tmp_path):
    small, large = segment(tmp_path / "a.ts", size=(96, 64), start=10), segment(tmp_path / "b.ts", size=(128, 72), start=26)
    (tmp_path / "both.ts").write_bytes(small + large)
    clip = open_source(Source(path=str(tmp_path / "both.ts")))
    assert len(list(clip.read(1, 12))) == 12
    for first, last in ((1, 32), (20, 24)):
        error = refused(request(tmp_path / "both.ts", tmp_path / f"out{first}", first=first, last=last), preview)
        assert error.code == ErrorCode.FRAME_SIZE_CHANGED and "128x72, the first is 96x64" in error.detail
        assert "transcode the movie" in error.remedy


@pytest.mark.parametrize("text", ["#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n", "ffconcat version 1.0\nfile a.ts\n"])
def test_a_list_of_other_files_is_not_opened(tmp_path, text):
    (tmp_path / "live.mov").write_text(text)
    shutil.copyfile(FIELD / "field-coded-avchd" / "paff.mts", tmp_path / "a.ts")
    with pytest.raises(PlatelightError) as caught:
        open_source(Source(path=str(tmp_path / "live.mov")))
    assert caught.value.code == ErrorCode.SOURCE_UNREADABLE and "list of other files" in caught.value.detail
