# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every platform of the mission, each failure of it: what happens at the platform, what state, cause,
remedy and signal come of it, and how it is put right. The rows are data: matrix/. At the end of the
run they are printed as a table."""

import os
import time

import pytest
from harness.api import Api
from harness.broker import Broker
from harness.setups import PLATFORMS
from matrix import SUBJECTS
from matrix.stage import TABLE, Stage

CASES = [pytest.param(subject, row, id=f"{subject.name}-{row.what}".replace(" ", "-"))
         for subject in SUBJECTS for row in subject.rows]


@pytest.fixture(scope="module")
def stages(polkit, simulator):
    """stages(subject): its channel, on one broker for all of them."""
    broker = Broker("/run/ck/t/matrix")
    for name in ("lumen", "twitch-moderator"):
        broker.copy_config(os.path.join(PLATFORMS, f"{name}.provider"), "providers.d")
        broker.copy_config(os.path.join(PLATFORMS, name), "stacks.d")
    broker.start()
    callers = {user: Api(user) for user in ("root", "alice", "studio", "bob")}
    made, platforms = {}, {}

    def get(subject):
        if subject.name not in made:
            platform = platforms.setdefault(subject.simulator, simulator.platform(subject.simulator))
            made[subject.name] = Stage(subject, platform, callers)
        return made[subject.name]

    yield get
    for caller in callers.values():
        caller.close()
    broker.stop()


@pytest.mark.parametrize("subject", SUBJECTS, ids=[subject.name for subject in SUBJECTS])
def test_life(stages, subject):
    """Connected, taken by the platform's API, renewed, taken again."""
    stage = stages(subject)
    stage.fresh()
    app = stage.channel.seen_by(stage.app)
    assert subject.accepted(app)
    stage.check_clocks(subject.clocks)
    if subject.renews:
        before = stage.channel.prop("Generation")
        app.renew()
        assert stage.channel.prop("Generation") > before
        assert subject.accepted(app)


def test_rows_are_states():
    """Words put on an endpoint are trouble that passes; whatever else comes of a row, the simulated
    platform is in that state."""
    for subject in SUBJECTS:
        for row in subject.rows:
            injected = row.do and all(action.startswith("fault ") for action in row.do)
            assert not injected or row.state in ("connected", "interrupted"), f"{subject.name}: {row.what}"


@pytest.mark.parametrize("subject, row", CASES)
def test_failure(stages, subject, row):
    begun, passed = time.monotonic(), False
    stage = stages(subject)
    try:
        stage.play(row)
        passed = True
    finally:
        TABLE.note(subject, row, passed, time.monotonic() - begun, stage.remedy)
