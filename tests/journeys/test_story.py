"""The whole story over HTTP against a real gunicorn, on both databases, with today's clock."""

from __future__ import annotations

import io
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import docx
import requests

from checklists.loader import published
from inspection.demo.answers import failing_value, passing_answers
from inspection.demo.cast import INSTITUTIONS
from tests.support import databases
from tests.support.clock import SHANGHAI
from tests.support.databases import PASSWORD
from tests.support.server import Caller, serving_on
from tests.support.world import jpeg, new_id, sha256


def body_for(institution_id: str, wrong: dict[str, Any], photos: list[str], partner: str) -> dict[str, Any]:
    now = datetime.now(SHANGHAI)
    checklist = published()["school", 1]
    attributes = {k: v for k, v in INSTITUTIONS[0].profile.items() if k not in ("students", "staff")}
    answers = passing_answers(checklist, attributes, now.date())
    for code, findings in wrong.items():
        item = checklist.item(code)
        assert item is not None
        answers[code] = {"value": failing_value(item, now.date()), "findings": findings}
    return {
        "institution_id": institution_id,
        "visit_id": new_id(),
        "mode": "joint",
        "checklist": {"code": "school", "version": 1},
        "started_at": (now - timedelta(hours=1)).isoformat(),
        "finished_at": now.isoformat(),
        "attributes": attributes,
        "answers": answers,
        "photos": {photo: {"source": "camera"} for photo in photos},
        "participants": [{"user_id": partner, "name": "陈立衡", "organisation": "检察院"}],
    }


def sign_in(base: str, username: str) -> Caller:
    answer = requests.post(
        f"{base}/api/v1/auth/login",
        json={"username": username, "password": PASSWORD, "device_name": "手机"},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    return Caller(base, answer.json()["token"])


def test_from_finding_to_close_out(engine: str, tmp_path: Path) -> None:
    with databases.copy(engine) as url, serving_on(url, tmp_path) as server:
        people = {who: sign_in(server.base, who) for who in ("inspector", "procurator", "bureau", "school", "league")}
        school = people["school"].get("/me").json()
        partner = people["procurator"].get("/me").json()["id"]
        evidence = [jpeg((1600, 1200)) for _ in range(3)]
        hashes = [sha256(photo) for photo in evidence]
        wrong = {
            "S-03-04": [{"fact": "器材室未上锁", "place": "负一层", "photos": [hashes[0]]}],
            "S-04-01": [{"fact": "女生宿舍无登记", "place": "2号楼", "photos": [hashes[1]]}],
            "S-09-01": [{"fact": "三层东出口锁闭", "place": "三层东", "photos": [hashes[2]]}],
        }
        # the small record goes first and stands at once, then the photos in any order, twice as a bad line would
        frozen = json.dumps(body_for(school["institution_id"], wrong, hashes, partner)).encode()
        address = f"/inspections/{new_id()}"
        made = people["inspector"].put(address, frozen).json()
        assert (made["state"], len(made["missing_photos"])) == ("incomplete", 3)
        assert [told["kind"] for told in people["school"].get("/notifications").json()["items"]] == ["danger"]
        for photo in (*reversed(evidence), *evidence):
            assert people["inspector"].upload(sha256(photo), photo).status_code in (200, 201)
        assert people["inspector"].put(address, frozen).json()["state"] == "complete"
        receipt = people["school"].get(f"{address}/receipt").json()
        assert receipt["photos"] == sorted(hashes)

        problems = {problem["item_code"]: problem["id"] for problem in made["problems"]}
        today = datetime.now(SHANGHAI).date()
        notice = people["bureau"].put(
            f"/notices/{new_id()}",
            {
                "inspection_ids": [made["id"]],
                "document_number": "新城教安改〔2026〕1号",
                "issued_on": today.isoformat(),
                "signer": "乌兰",
                "items": [],
                "service": {"method": "in_app", "on": today.isoformat()},
            },
        )
        assert notice.status_code == 201, notice.text
        document = docx.Document(io.BytesIO(people["school"].get(f"/notices/{notice.json()['id']}.docx").content))
        numbers = [row.cells[0].text for row in document.tables[0].rows[1:]]
        assert numbers == [row["number"] for row in notice.json()["problems"]]
        people["school"].put(f"/notices/{notice.json()['id']}/acknowledgement", {"name": "何建平", "title": "校长"})

        rectify(people, problems["S-03-04"], returned_first=True)
        rectify(people, problems["S-04-01"], second=sign_in(server.base, "inspector2").get("/me").json()["id"])
        rectify(people, problems["S-09-01"], second=people["league"].get("/me").json()["id"])
        assert people["bureau"].get("/problems?status=open,found,submitted").json()["items"] == []
        assert all(p["status"] == "closed" for p in people["league"].get("/problems").json()["items"])
        assert server.command("verify").returncode == 0
        assert "0 stages" in server.command("sweep").stdout


def rectify(
    people: dict[str, Caller], problem_id: str, *, returned_first: bool = False, second: str | None = None
) -> None:
    """A proof with its photo, perhaps returned once, then accepted: on site by two where the problem is critical."""
    for decision in ("return", "accept") if returned_first else ("accept",):
        photo, proof_id = jpeg((800, 600)), new_id()
        proof = {"description": "已整改", "completed_on": date.today().isoformat(), "photos": {sha256(photo): {}}}  # noqa: DTZ011
        handed = people["school"].put(f"/problems/{problem_id}/rectifications/{proof_id}", proof)
        assert handed.json()["missing_photos"] == [sha256(photo)], handed.text
        assert people["school"].upload(sha256(photo), photo).status_code == 201
        assert people["bureau"].get(f"/photos/{sha256(photo)}/thumbnail").status_code == 200
        review = {"rectification_id": proof_id, "decision": decision, "comment": "已核", "method": "desk"}
        if second is not None:
            review |= {"method": "on_site", "second_reviewer": second}
        done = people["bureau"].put(f"/problems/{problem_id}/reviews/{new_id()}", review)
        assert done.status_code == 201, done.text
        assert done.json()["problem"]["status"] == ("open" if decision == "return" else "closed")
