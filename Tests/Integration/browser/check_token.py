"""A collector with a token: check_token.py URL TOKENFILE RUN, the name of a run with a host.csv"""
import pathlib, sys

from page import eventually, expect, pages

url, run = sys.argv[1], sys.argv[3]
token = pathlib.Path(sys.argv[2]).read_text().strip()

with pages(url) as new:
    page = new().open()
    form, fault = page.tab.locator("#token form"), page.tab.locator("#token-fault")
    eventually("the question for the token", form.is_visible)
    page.tab.keyboard.press("Escape")
    expect(form.is_visible(), "Escape doesn't lead round it")
    for wrong, answer in [("short", "64 digits"), ("0" * 64, "not this collector")]:
        page.fill("token", token=wrong)
        page.tab.keyboard.press("Enter")
        eventually(f"what is wrong with {wrong[:5]}", lambda: answer in fault.inner_text())
    expect(not page.rows("nodes"), "nothing is shown without it")
    page.fill("token", token=token)
    page.tab.keyboard.press("Enter")
    eventually("a node", lambda: page.rows("nodes"))
    entry = page.tab.locator("#runs details", has_text=run)
    entry.locator("summary").click()
    with page.tab.expect_download() as download:
        entry.get_by_role("link", name="host.csv").click()
    expect(pathlib.Path(download.value.path()).read_text().startswith("time,tick,node"), "a file comes with the token")
    page.tab.reload()
    eventually("a node without asking again", lambda: page.rows("nodes"))
    expect(not form.is_visible(), "the tab keeps it")
    other = new().open()
    eventually("another browser is asked", other.tab.locator("#token form").is_visible)
    expect(page.tab.evaluate("localStorage.length") == 0 and not page.tab.context.cookies(), "it is kept in the tab alone")
    expect(not any(token in address for address in page.requests), "it stands in no address")
    page.check_quiet(allowed=["status of 401"])
