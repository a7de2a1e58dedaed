"""三员分立: nobody is two of the three administrators, by whatever way roles are given; none of them sees business; the
security administrators cannot leave nobody behind."""

from __future__ import annotations

from itertools import permutations

import pytest

from inspection.actions.imports import import_users
from inspection.api.endpoint import DECLARATIONS
from inspection.demo.cast import INSTITUTIONS
from inspection.documents import tables
from inspection.domain.actor import ALONE, ROLES, Grant
from inspection.domain.errors import Refused
from inspection.pages.routes import PAGES
from inspection.storage import accounts
from tests.support.desk import Clerk
from tests.support.imports import PEOPLE, comma, faults, person
from tests.support.world import World, new_id

THREE = ("sysadmin", "secadmin", "auditor")
WORDS = {"sysadmin": "系统管理员", "secadmin": "安全管理员", "auditor": "审计员"}
PAIRS = list(permutations(THREE, 2))
NAMED = {"secadmin": "/users", "auditor": "/log"}
DONE, COMMENT = "灭火器压力不足的那一只换了", "看过了那一只灭火器"


def roles_of(world: World, username: str) -> set[str]:
    with world.context() as ctx:
        user = accounts.find_user_for_system(ctx.session, username)
        assert user is not None
        return {role.role for role in accounts.roles_of_for_system(ctx.session, user.id)}


@pytest.mark.parametrize(("held", "given"), PAIRS)
def test_no_role_of_another_administrator_is_given_to_one(world: World, held: str, given: str) -> None:
    one = world.employ("one", Grant(held, "150102"))
    page = Clerk(world, "secadmin").open(f"/users/{one.id}")
    refused = page.send("appoint", role=given, region_code="150102")
    assert refused.status == 422
    assert roles_of(world, "one") == {held}


@pytest.mark.parametrize(("held", "given"), PAIRS)
def test_nor_by_a_table_of_people(world: World, held: str, given: str) -> None:
    rows = [PEOPLE, person("one", WORDS[held]), person("one", WORDS[given])]
    with world.context() as ctx, pytest.raises(Refused) as refused:
        import_users(ctx, None, tables.read(comma(rows)), lambda _: None)
    assert ("/3/角色", "incompatible_roles") in faults(refused)
    with world.context() as ctx:
        assert accounts.find_user_for_system(ctx.session, "one") is None


@pytest.mark.parametrize("held", THREE)
def test_nor_is_anybodys_work_handed_to_an_administrator(world: World, held: str) -> None:
    one = world.employ("one", Grant(held, "150102"))
    body = {"from_user_id": world.person("bureau").id, "to_user_id": one.id, "reason": "离职", "signed_by": "王芳"}
    refused = world.person("secadmin").put(f"/handovers/{new_id()}", body)
    assert refused.json["errors"][0]["code"] == "incompatible_roles"
    assert roles_of(world, "one") == {held}


@pytest.mark.parametrize("held", THREE)
def test_an_administrators_rights_are_handed_to_nobody(world: World, held: str) -> None:
    one, two = world.employ("one", Grant(held, "150102")), world.employ("two")
    body = {"from_user_id": one.id, "to_user_id": two.id, "reason": "离职", "signed_by": "王芳"}
    world.person("secadmin").put(f"/handovers/{new_id()}", body)
    assert roles_of(world, "two") == set()


def test_nobody_who_does_business_is_an_administrator_of_any_kind(world: World) -> None:
    for role in sorted(set(ROLES) - ALONE - {"unit"}):
        one = world.employ(f"one-{role}".replace("_", "-"), Grant(role, "150102"))
        page = Clerk(world, "secadmin").open(f"/users/{one.id}")
        for given in THREE:
            assert page.send("appoint", role=given, region_code="150102").status == 422, (role, given)


def test_a_security_administrator_ends_neither_his_own_role_nor_his_account(world: World) -> None:
    """So that whoever is the last of them stays: to end him takes another."""
    clerk = Clerk(world, "secadmin")
    own = world.person("secadmin").id
    page = clerk.open(f"/users/{own}")
    assert not any(page.has_form(name) for name in ("end_role", "disable", "appoint"))
    with world.context() as ctx:
        user = accounts.find_user_for_system(ctx.session, "secadmin")
        assert user is not None
        role = accounts.roles_of_for_system(ctx.session, user.id)[0].id
    other = clerk.open(f"/users/{world.person('bureau').id}")
    form = other.form("disable")
    for path in (f"/users/{own}/disable", f"/users/{own}/roles/{role}/end"):
        form.action = path
        assert other.send(form).status == 422, path
    assert roles_of(world, "secadmin") == {"secadmin"}
    assert clerk.open("/users").status == 200


def business(world: World) -> dict[str, str]:
    """Something of each kind of business, with words that are found again wherever they show."""
    problem = world.open_problem()
    proof = world.prove(problem["id"], description=DONE)
    assert world.review(problem["id"], proof["id"], "return", comment=COMMENT).status_code == 201
    found = {"problem_id": problem["id"], "institution_id": world.places[0]}
    for name, lists in (("inspection_id", "/inspections"), ("notice_id", "/notices")):
        found[name] = world.person("bureau").get(lists).json["items"][0]["id"]
    return found


@pytest.mark.parametrize("who", THREE)
def test_an_administrator_is_told_nothing_of_business(world: World, who: str) -> None:
    """Every address, of things that are there: no number, no word of a proof or a review in any answer; and names of
    institutions only where the security administrator's people work for them, and where the log says what was done to
    which: the system administrator sees none."""
    ids = business(world)
    shown = world.person("bureau").get(f"/problems/{ids['problem_id']}").json
    words = [DONE, COMMENT, shown["number"]]
    names = [place.name for place in INSTITUTIONS]
    assert all(words)

    def address(path: str) -> str:
        for name, value in ids.items():
            path = path.replace(f"<uuid:{name}>", value)
        path = path.replace("<hash:sha256>", "0" * 64).replace("<code>", "school").replace("<int:year>", "2026")
        while "<" in path:
            path = path[: path.index("<")] + new_id() + path[path.index(">") + 1 :]
        return path

    def told(path: str, said: str) -> list[str]:
        named = path.startswith(NAMED.get(who, "nowhere"))
        return [one for one in (words if named else words + names) if one in said]

    caller, clerk = world.person(who), Clerk(world, who)
    for declared in DECLARATIONS.values():
        if declared.method == "GET":
            assert not told(declared.path, caller.get(address(declared.path)).get_data(as_text=True)), declared.path
    for page in PAGES.values():
        if page.method == "GET":
            assert not told(page.path, clerk.open(address(page.path)).html), page.path
