"""What a request may say: never a file of the server's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facefusion.errors import UsageError
from facefusion.jobs.edits import over_files
from facefusion.jobs.request import FILE_KEYS, PERMISSION_KEYS, SERVER_KEYS, RenderRequest, check_options
from facefusion.pipeline.sections import keys

WORDS = {
    *("processor", "start", "end", "output-preset", "output-frame-rate", "input-colorspace", "output-colorspace"),
    *("first-number", "label-text", "face-anonymiser-chosen"),
}
"""Keys whose text names no file."""
A_FILE = "/etc/picture.onnx"


@pytest.mark.parametrize("name", [key.name for key in keys().values() if key.option.kind in ("text", "texts")])
def test_no_option_reads_a_file_of_the_server(name: str) -> None:
    """A new option of text has to be a word here, or be refused."""
    if name in WORDS or name in PERMISSION_KEYS:
        return
    with pytest.raises(UsageError, match=r"assets|server|is a file"):
        check_options({name: A_FILE})


@pytest.mark.parametrize("said", [{"background": "#203040"}, {"background": "blur:0.05"}, {"ocio-config": "ocio://default"},
                                  {"face_swapper_model": "inswapper_128"}])  # fmt: skip
def test_colours_and_names_are_taken(said: dict[str, Any]) -> None:
    check_options(said)


def test_an_edit_reads_no_file_of_the_server_either() -> None:
    said = {"kind": "settings", "values": [["face_swapper_model", A_FILE]]}
    with pytest.raises(UsageError, match="is a file"):
        over_files(said, {})
    with pytest.raises(UsageError, match="no asset"):
        over_files({"kind": "settings", "values": [["mask-image", A_FILE]]}, {})


def test_a_background_and_speech_are_assets(tmp_path: Path) -> None:
    said = {"target": "t", "background": "b", "speech": "s",
            "options": {"processor": ["background_remover", "lip_syncer"]}}  # fmt: skip
    request = RenderRequest.of(said)
    assert request.asset_ids() == ("t", "b", "s")
    files = {name: tmp_path / f"{name}.mp4" for name in request.asset_ids()}
    values = request.plan(files, tmp_path / "out.mp4", {}).to_mapping()
    assert (values["background"], values["lip-syncer-audio"]) == (str(files["b"]), str(files["s"]))


def test_no_key_is_listed_that_no_plan_has() -> None:
    assert {*FILE_KEYS, *SERVER_KEYS, *PERMISSION_KEYS, *WORDS} <= set(keys())
