"""Lips that follow speech through the real command line, with miniatures whose mouths get lighter the louder it is."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clips import Look, Sound, heard, make_clip
from command_line import refused, succeeded
from facefusion.errors import InvalidInput
from facefusion.media import open_media
from facefusion.media.speech import read_speech
from facefusion.models.adapters.speech import Speech, mel_pieces, mel_spectrogram
from facefusion.models.store import sha256_of
from facefusion.pipeline.plan import Plan
from facefusion.pipeline.speaking import speech_of
from facefusion.provenance import verify
from facefusion.provenance.manifest.reading import read_manifest
from portraits import scene, write_png

LOOK = Look(codec="ffv1", pixel_format="bgr0", width=320, height=240, options={})
FRAMES = 10
"""At 25 a second: 0.4 s, of which the second half is loud."""


def write_wav(path: Path, samples: NDArray[np.float32], rate: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A silent clip, and speech: silence, then noise, then more than fits."""
    place = tmp_path_factory.mktemp("speech")
    make_clip(place / "clip.mkv", frames=FRAMES, look=LOOK, draw=lambda number, w, h: scene(0, w, h))
    loud = np.random.default_rng(0).normal(scale=0.2, size=48_000).clip(-1, 1).astype(np.float32)
    loud[: round(0.2 * 48_000)] = 0
    return place / "clip.mkv", write_wav(place / "speech.wav", loud, 48_000)


def frames_of(path: Path) -> NDArray[np.float32]:
    with open_media(path) as reader:
        return np.stack([frame.pixels.astype(np.float32) for frame in reader])


@pytest.mark.parametrize("model", ["wav2lip_96", "edtalk_256"])
def test_lips_follow_the_speech_that_becomes_the_sound(
    model: str, folder: Path, made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    clip, speech = made
    out = tmp_path / "out.mkv"
    succeeded("run", "--processor", "lip_syncer", "--lip-syncer-model", model, "--lip-syncer-audio", speech, "--target",
              clip, "--output", out, "--output-codec", "ffv1")  # fmt: skip
    before, after = frames_of(clip), frames_of(out)
    mouth, eyes = (slice(130, 150), slice(140, 175)), (slice(88, 104), slice(130, 190))
    changed = np.abs(after - before).mean(axis=3)
    assert changed[:, mouth[0], mouth[1]].mean() > 8
    assert changed[:, eyes[0], eyes[1]].mean() < 4  # the watermark alone
    light = after[:, mouth[0], mouth[1]].mean(axis=(1, 2, 3))
    assert light[6:].mean() - light[:4].mean() > 3
    begin, sound = heard(out)
    assert float(begin) == pytest.approx(0, abs=0.03)
    quiet, loud = (np.abs(part).mean() for part in (sound[: len(sound) // 3], sound[-len(sound) // 3 :]))
    assert loud > 20 * max(quiet, 1e-4)
    text = str(verify(out).as_dict()) + str(read_manifest(out))
    assert "compositeWithTrainedAlgorithmicMedia" in text
    for part in (model, sha256_of(folder / f"{model}.onnx"), sha256_of(speech)):
        assert part in text


def test_the_targets_own_sound_is_heard_where_none_is_named(made: tuple[Path, Path], tmp_path: Path) -> None:
    clip = tmp_path / "loud.mkv"
    make_clip(clip, frames=5, look=LOOK, draw=lambda number, w, h: scene(0, w, h), sounds=[Sound("pcm_s16le")])
    plan = Plan.from_mapping({"target": str(clip), "output": "o.mkv", "processor": ["lip_syncer"]})
    with open_media(clip) as reader:
        speech = speech_of(plan, reader)
    assert speech is not None
    assert speech.at(2).max() > -1


def test_what_cannot_be_heard_is_refused(
    folder: Path, made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFUSION_MODELS", str(folder))
    clip, speech = made
    out = tmp_path / "out.mkv"
    job = ("run", "--processor", "lip_syncer", "--target", clip, "--output", out)
    refused(tmp_path, 3, "clip.mkv: holds no sound; give a file with speech", *job)
    refused(tmp_path, 3, "nothing.wav", *job, "--lip-syncer-audio", tmp_path / "nothing.wav")
    refused(tmp_path, 2, "no such network comes with the package", *job, "--lip-syncer-model", "own",
            "--lip-syncer-audio", speech)  # fmt: skip
    still = write_png(tmp_path / "still.png", scene())
    picture = ("run", "--processor", "lip_syncer", "--target", still, "--output", tmp_path / "out.png")
    refused(tmp_path, 2, "still.png: lip_syncer needs moving pictures", *picture, "--lip-syncer-audio", speech)
    refused(tmp_path, 5, "refused by rule no-consent", *job, "--lip-syncer-audio", speech, "--lip-syncer-model",
            "edtalk_256", "--policy", "teaching")  # fmt: skip


def test_speech_is_read_from_time_zero_at_any_rate(made: tuple[Path, Path], tmp_path: Path) -> None:
    samples = read_speech(made[1], rate=16_000)
    assert len(samples) == pytest.approx(16_000, abs=32)
    assert np.abs(samples[:3000]).max() < 1e-3 < 0.05 < np.abs(samples[3400:]).mean()
    mel = mel_spectrogram(samples)
    spoken = Speech(samples, [0.0, 0.1, 0.3, 9.0])
    assert (spoken.at(2) == mel_pieces(mel, [0.3])[0]).all()
    assert (spoken.at(3) == -4).all()
    with pytest.raises(InvalidInput, match="holds no sound"):
        read_speech(made[0], rate=16_000)
