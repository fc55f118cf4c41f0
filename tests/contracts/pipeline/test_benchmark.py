"""The yardstick: every model has a stand-in, and what is said is what was run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from command_line import call
from facefusion.models import ModelStore, cards
from facefusion.models.contracts import ADAPTERS
from facefusion.models.sanity import noise
from facefusion.models.sessions import Session
from facefusion.models.stand_ins import stand_in
from facefusion.pipeline.benchmarking import stand_in_store

LEARNED = tuple(
    {card.contract: card.name for card in cards() if card.contract in ADAPTERS and "2048" not in card.name}.values()
)


@pytest.mark.parametrize("name", LEARNED)
def test_every_contract_has_a_stand_in_that_its_card_binds_to(name: str, tmp_path: Path) -> None:
    card = ModelStore().card(name)
    session = Session(stand_in(card, tmp_path / card.file), card=card)
    random = np.random.default_rng(0)
    answers = session.run(*(noise(spec, random) for spec in session.inputs))
    for spec, answer in zip(card.outputs, answers, strict=True):
        assert len(answer.shape) in (len(spec.shape), len(spec.shape) - 1)
        assert np.isfinite(answer).all()


def test_stand_ins_bring_what_they_need(tmp_path: Path) -> None:
    store = stand_in_store(tmp_path, ["ghost_1_256"], full_size=False)
    assert all(store.path(name).is_file() for name in ("ghost_1_256", "crossface_ghost", "arcface_w600k_r50"))


def test_a_device_that_is_not_there_is_told_and_a_cut_out_is_timed(tmp_path: Path) -> None:
    outcome = call(
        "--json", "benchmark", "--resolution", "160p", "--frames", "2", "--processor", "background_remover",
        "--model", "background_remover=modnet", "--execution-provider", "rocm",
    )  # fmt: skip
    assert outcome.code == 0, outcome
    events, _, answer = outcome.out.partition("\n{\n")
    said = json.loads("{\n" + answer)
    assert [(run["height"], run["state"], run["frames"]) for run in said["runs"]] == [
        (160, "cold", 2),
        (160, "warm", 2),
    ]
    assert all("rocm is not available" in run["warnings"][0] for run in said["runs"])
    assert "rocm is not available" in events
    for run in said["runs"]:
        assert run["seconds"] > 0
        assert 0 <= run["network_share"] <= 1
        assert sum(run["shares"].values()) == pytest.approx(1, abs=0.05)
