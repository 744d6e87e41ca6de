"""The collector's page in a real Chromium, used as a person does. A failure ends the script with a description of the page."""
import contextlib, shutil, sys, time

from playwright.sync_api import Error, sync_playwright

# It bounds a failure and is no claim about speed.
PATIENCE = 180


def eventually(what, value, within=PATIENCE):
    """Polls until `value()` is truthy, and returns it."""
    deadline = time.monotonic() + within
    while True:
        try:
            seen = value()
        except Error as error:
            # The page is just being loaded.
            if "Execution context was destroyed" not in str(error):
                raise
            seen = None
        if seen:
            return seen
        if time.monotonic() > deadline:
            sys.exit(f"within {within} s never came: {what}")
        time.sleep(0.05)


def expect(is_so, what):
    if not is_so:
        sys.exit(f"not so: {what}")


class Page:
    """One tab. `tab` is Playwright's page; columns are named by the page's headings."""

    def __init__(self, tab, url):
        self.tab, self.url = tab, url
        self.requests, self.complaints = [], []
        tab.on("request", lambda request: self.requests.append(request.url))
        tab.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        tab.on("pageerror", lambda error: self.complaints.append(f"{error}"))
        tab.set_default_timeout(PATIENCE * 1000)

    def take_clock(self):
        """Gives the page a clock that the test can stop: what it does in time is then the same on a machine that is busy. Before `open`."""
        self.tab.clock.install()

    def stop_clock(self):
        self.tab.clock.pause_at(self.tab.evaluate("Date.now()") / 1000 + 1)

    def start_clock(self):
        self.tab.clock.resume()

    def open(self, fragment=""):
        self.tab.goto("about:blank")
        self.tab.goto(self.url + fragment)
        self.tab.locator("#containers thead").wait_for()
        return self

    def rows(self, table="containers"):
        """The drawn rows, in order; each maps a column's id to the text of its cell."""
        return self.tab.evaluate(
            """id => {
                const table = document.getElementById(id);
                if (!table.tHead) return [];
                const columns = [...table.tHead.rows[0].cells].map((cell) => cell.dataset.column);
                const rows = [...table.querySelectorAll('tbody:not([aria-hidden]) tr')];
                return rows.map((row) => Object.fromEntries([...row.cells].map((cell, index) => [columns[index], cell.textContent])));
            }""", table)

    def names(self):
        return [row["name"] for row in self.rows()]

    def row(self, name, within=PATIENCE):
        return eventually(f"the row of {name}", lambda: next((row for row in self.rows() if row["name"] == name), None), within)

    def heading(self, title, table="containers"):
        return self.tab.locator(f"#{table} thead button", has_text=title).first

    def said(self):
        return self.tab.locator("#said").inner_text()

    def fill(self, form, **values):
        for name, value in values.items():
            self.tab.locator(f"#{form} [name={name}]").fill(value)

    def check_quiet(self, allowed=()):
        """Checks that there was no error in the console, and no request to another host."""
        # Chromium's message about requests under way when any container of this machine starts or ends.
        allowed = [*allowed, "net::ERR_NETWORK_CHANGED"]
        complaints = [text for text in self.complaints if not any(words in text for words in allowed)]
        expect(not complaints, f"the console is quiet: {complaints}")
        own = (self.url, "blob:" + self.url, "about:blank")
        away = {url for url in self.requests if not url.startswith(own)}
        expect(not away, f"all requests go to the collector: {away}")


@contextlib.contextmanager
def pages(url):
    """Returns a function that opens tabs of a new browser."""
    with sync_playwright() as playwright:
        # Chromium's sandbox doesn't work in CI's containers, and the only page is this project's.
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])

        def new(width=1280, height=800, scheme="light"):
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True)
            return Page(context.new_page(), url)

        yield new
        browser.close()
