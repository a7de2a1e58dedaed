"""Signing in on the phone with a second factor: the code is asked for once the server has asked for it."""

from __future__ import annotations

from playwright.sync_api import expect
from pyotp import TOTP

from tests.support import databases
from tests.support.browser import Phone
from tests.support.site import Site


def test_a_code_is_asked_for_where_there_is_a_second_factor_and_nowhere_else(site: Site, phone: Phone) -> None:
    inspector = site.caller("inspector")
    begun = inspector.put("/auth/second-factor/secret", {"password": databases.PASSWORD}).json()
    codes = inspector.put("/auth/second-factor", {"otp": TOTP(begun["secret"]).now()}).json()["recovery_codes"]
    phone.expects(r"the server responded with a status of 401")
    page = phone.open("/m/#/signin")
    code = page.locator("[name=otp]")
    expect(page.locator("[name=password]")).to_be_visible()
    expect(code).to_be_hidden()
    phone.sign_in("inspector")
    expect(page.get_by_role("alert")).to_contain_text("六位数字")
    expect(code).to_be_focused()
    code.fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("验证码不正确")
    expect(code).to_be_focused()
    code.fill(codes[0])
    page.keyboard.press("Enter")
    expect(page.locator("[data-do=prepare]")).to_be_visible()
    assert inspector.get("/auth/second-factor").json()["recovery_codes"] == 9
