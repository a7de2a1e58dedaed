"""What lies in the database of leads, and under which keys: nothing of it is read without them."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from inspection.actions.doctor import examine
from inspection.storage.unit import unit
from tests.support.leads import CANARIES, dump, key_file, lead_in, read, report, step
from tests.support.world import World


def test_no_dump_of_the_database_holds_a_word_of_it(world: World) -> None:
    lead_id = lead_in(world, "followed")
    read(world, lead_id)
    with world.context() as ctx:
        everything = dump(ctx.session)
    assert str(lead_id).replace("-", "") in everything.replace("-", "")
    for canary in (*CANARIES, "injury_or_abuse", "东街派出所"):
        assert canary not in everything
        assert canary.encode().hex() not in everything


def test_all_contents_have_one_size(world: World) -> None:
    report(world, text="")
    long = report(world, text="长" * 500)
    step(world, long.json["id"], "note", text="短")
    step(world, long.json["id"], "note", text="长" * 500)
    with world.context() as ctx:
        contents = [
            *ctx.session.execute(text("SELECT content FROM lead")).scalars(),
            *ctx.session.execute(text("SELECT content FROM lead_step")).scalars(),
        ]
    assert len(contents) == 4
    assert len({len(content) for content in contents}) == 1
    assert len({bytes(content)[8:20] for content in contents}) == 4  # no nonce twice


def test_the_same_words_are_locked_otherwise_each_time_and_under_their_own_id_alone(world: World) -> None:
    one, two = report(world).json["id"], report(world).json["id"]
    with world.context() as ctx, unit(ctx.session) as session:
        contents = [bytes(content) for content in session.execute(text("SELECT content FROM lead")).scalars()]
        assert contents[0][:8] == contents[1][:8]
        assert contents[0] != contents[1]
        session.execute(text("UPDATE lead SET content = :content"), {"content": contents[0]})
    statuses = {read(world, lead_id).status_code for lead_id in (one, two)}
    assert statuses == {200, 503}


def findings(world: World) -> dict[str, bool]:
    with world.context() as ctx:
        return {finding.code: finding.well for finding in examine(ctx, world.data_dir, proxy_hops=0)}


@pytest.mark.parametrize("wrong", [None, "", "{id} " + "0" * 64 + "\n", "{id} no key\n", "{other} {key}\n", "\xff"])
def test_a_missing_or_another_key_is_told_plainly_and_nothing_is_lost(world: World, wrong: str | None) -> None:
    lead_id = lead_in(world, "called")
    assert findings(world)["lead_keys"]
    kept = key_file(world).read_text()
    key_id, key = kept.split()
    key_file(world).unlink()
    if wrong is not None:
        written = wrong.format(id=key_id, key=key, other="0" * 16)
        key_file(world).write_text(written, encoding="latin-1")
    for answer in (read(world, lead_id), step(world, lead_id, "note"), report(world)):
        assert (answer.status_code, answer.json["code"]) == (503, "sealed")
        assert int(answer.headers["Retry-After"]) > 0
    assert findings(world)["lead_key_missing"] is False
    key_file(world).write_text(kept)
    assert len(read(world, lead_id).json["content"]["steps"]) == 1


def test_keys_are_for_their_owner_alone(world: World) -> None:
    report(world)
    key = key_file(world)
    assert (key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    for path, mode in ((key, 0o640), (key.parent, 0o755)):
        right = path.stat().st_mode
        path.chmod(mode)
        assert findings(world)["key_open"] is False
        path.chmod(right)
    assert findings(world)["lead_keys"]


def test_to_see_whether_keys_are_well_does_not_tell_which_regions_have_leads(world: World) -> None:
    with world.context() as ctx:
        before = [finding.code for finding in examine(ctx, world.data_dir, proxy_hops=0)]
    report(world)
    with world.context() as ctx:
        assert [finding.code for finding in examine(ctx, world.data_dir, proxy_hops=0)] == before
