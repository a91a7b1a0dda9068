# SPDX-License-Identifier: GPL-2.0-or-later
"""vt600-review --format html, in a real browser: it says what the rows say, does what a click asks, and no text gets out of hand.

The rows are made from what tshark says of captures/; the browser is a headless Chromium.
"""

import copy
import io
import json
import re
import subprocess
import sys

import pytest

import browser
from wireshark import CAPTURES, ROOT

sys.path.insert(0, str(ROOT / "packaging/review"))

import html_page  # noqa: E402
import picture  # noqa: E402
import rows as review_rows  # noqa: E402

NAMES = ("ota-over-a-bad-link", "ota-complete", "ota-cancelled", "authorization-refused", "blocks-leave-gaps", "old-firmware-version")
HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onclick='alert(1)", "\u202egnp.exe", "a\x1b[31m\x07\nb",
           "{{ 7 * 7 }}", "</style></title></svg>", "&lt;b&gt;", "lat\udce4in"]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(browser.absent()), reason=str(browser.absent()))]


def sessions(tshark, capture):
    lines = [json.loads(line) for line in tshark("-q", "-z", "vt600,report", "-z", "vt600,timeline", capture=capture).splitlines()]
    timelines = {line["session"]: line for line in lines if "timeline" in line}
    return [line | {"timeline": timelines[line["session"]]} for line in lines if "timeline" not in line]


@pytest.fixture(scope="module", name="samples")
def fixture_samples(tshark):
    """One row of each capture, each of another tracker."""
    rows = []
    for number, name in enumerate(NAMES):
        session = sessions(tshark, name)[0] | {"device_id": f"10113092363{number}"}
        rows.append(review_rows.row_of(f"captures/{name}.pcapng", session, True, "one pass"))
    return rows


def written(rows):
    out = io.StringIO()
    html_page.write_page(out, copy.deepcopy(rows))
    return out.getvalue()


@pytest.fixture(name="opened")
def fixture_opened(tmp_path):
    """Opens rows as a page; afterwards the console must have said nothing, and nothing but the page was fetched."""
    browsers = []

    def opened(rows, *options):
        path = tmp_path / f"page{len(browsers)}.html"
        path.write_bytes(written(rows).encode("utf-8", "surrogateescape"))
        browsers.append(browser.Browser(str(path), tmp_path / f"profile{len(browsers)}", *options))
        return browsers[-1]
    yield opened
    for one in browsers:
        said, requests = one.said, one.requests
        one.close()
        assert not said
        assert len([url for url in requests if not url.startswith("data:")]) == 1


def column(page, number):
    """The cells of the rows that are seen, from top to bottom."""
    return page.run(f"[...document.querySelectorAll('.tracker')].filter(t => !t.hidden).map(t => t.rows[0].cells[{number}].innerText)")


def test_each_tracker_has_its_row_and_the_fleet_adds_up(samples, opened):
    page = opened(samples)
    assert column(page, 0) == [row["device_id"] for row in samples]
    assert column(page, 3) == [html_page.outcome_of(row) for row in samples]
    assert all(shown.startswith(row["explanation"].rstrip(".")[:30]) for shown, row in zip(column(page, 4), samples))
    counts = page.run("[...document.querySelectorAll('.fleet b')].map(b => Number(b.textContent))")
    assert counts[0] == sum(counts[1:]) == len(samples)
    causes = page.run("[...document.querySelectorAll('.causes b')].map(c => Number(c.textContent))")
    assert sum(causes) == sum(row["cause"] is not None for row in samples)


def test_a_click_on_a_heading_sorts_and_another_one_the_other_way(samples, opened):
    page = opened(samples)
    for number, name in ((6, "Duration"), (5, "Progress")):
        page.click(f".trackers thead th:nth-child({number + 1}) button")
        values = page.run(f"[...document.querySelectorAll('.row')].map(r => Number(r.cells[{number}].dataset.value))")
        assert values == sorted(values) and len(set(values)) > 1, name
        page.click(f".trackers thead th:nth-child({number + 1}) button")
        assert page.run(f"[...document.querySelectorAll('.row')].map(r => Number(r.cells[{number}].dataset.value))") == values[::-1]
    page.click(".trackers thead th:nth-child(5) button")
    texts = column(page, 4)
    assert texts == sorted(texts, key=str.lower)


def test_example_page_is_what_the_review_makes(wireshark, tmp_path):
    """packaging/pictures page makes it anew."""
    tmp_path.chmod(0o777)
    made = tmp_path / "example.html"
    files = [CAPTURES.relative_to(ROOT) / f"{name}.pcapng" for name in ("every-outcome", "ota-over-a-bad-link")]
    command = [ROOT / "packaging/vt600-review", "--format", "html", "-o", made, *files]
    subprocess.run(wireshark.command(*command, WIRESHARK_PLUGIN_DIR=wireshark.plugins), cwd=ROOT, check=False)
    assert made.read_text() == (ROOT / "doc/example.html").read_text()


def test_search_leaves_the_rows_that_have_all_the_words(samples, opened):
    page = opened(samples)
    page.click("#search")
    page.type("cancelled SERVER")
    assert column(page, 0) == [samples[2]["device_id"]]
    assert page.run("document.getElementById('found').value") == f"1 of {len(samples)}"
    page.run("(s => { s.value = ''; s.dispatchEvent(new Event('input')); })(document.getElementById('search'))")
    assert len(column(page, 0)) == len(samples)
    page.click(".fleet .no")
    assert set(column(page, 3)) == {"no"}


def test_a_click_opens_the_timeline_and_another_one_closes_it(samples, opened):
    page = opened(samples)
    height = "document.querySelector('.tracker:nth-of-type(1) .timeline')?.getBoundingClientRect().height ?? 0"
    assert page.run(height) == 0
    page.click(".tracker:nth-of-type(1) .why")
    assert page.run(height) > 100
    titles = page.run("[...document.querySelectorAll('.tracker:nth-of-type(1) .timeline title')].map(t => t.textContent)")
    line = samples[0]["timeline"]
    for text in (f"block refused: frame {next(m[3] for m in line['marks'] if m[1] == 'refused')}, at 9.9 s", "stored: bytes 0 to 14,399",
                 "1:02 waiting for the tracker, until frame 156 at 2:02", "connection closed by the tracker: frame 226, at 2:43"):
        assert text in titles
    page.click(".tracker:nth-of-type(1) .why")
    assert page.run(height) == 0


def test_hostile_text_is_only_text(samples, opened):
    rows = []
    for number, text in enumerate(HOSTILE):
        row = copy.deepcopy(samples[0])
        rows.append(row | {"device_id": f"{number}{text}", "firmware_version": text, "firmware_after": text, "file": f"{text}.pcapng",
                           "why": text, "tracker": text, "server": text, "serial_number": text})
    text = written(rows)
    text.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\udc80-\udcff]", text)
    page = opened(rows)
    assert page.run("document.querySelectorAll('script').length") == 1
    assert page.run("document.querySelectorAll('img, [onclick], [onerror], b b').length") == 0
    shown = column(page, 4)
    assert shown[0] == HOSTILE[0] and shown[5] == HOSTILE[5] and shown[7] == HOSTILE[7]
    assert shown[3:5] == ["\\u202egnp.exe", "a\\x1b[31m\\x07\\nb"] and shown[8] == "lat\\xe4in"


def test_the_policy_stops_a_script_that_is_not_the_pages_own(samples, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(written(samples[:1]).replace("</body>", "<script>document.title = 'taken'</script></body>"))
    page = browser.Browser(str(path), tmp_path / "profile")
    assert page.run("document.title") == html_page.TITLE and page.said
    page.close()


def test_a_version_of_2000_characters_does_not_push_the_table_apart(samples, opened):
    page = opened([samples[0] | {"firmware_version": "V" * 2000, "file": "f" * 500}])
    assert page.run("document.documentElement.scrollWidth") <= 1400


def test_1000_trackers_sort_and_search_at_once(samples, opened):
    page = opened([copy.deepcopy(samples[number % len(samples)]) | {"device_id": f"{10113092360000 + number}"} for number in range(1000)])
    took = page.run("(() => { const t = performance.now(); document.querySelectorAll('.trackers thead button')[6].click();"
                    "document.body.getBoundingClientRect(); return performance.now() - t; })()")
    assert took < 2000
    page.click("#search")
    page.type("10113092360999")
    assert column(page, 0) == ["10113092360999"]


def test_a_picture_of_60000_blocks_is_below_300_kilobytes(samples):
    """As many marks, waits, steps and cells as the tap may give."""
    line = {"timeline": 1, "session": 0, "device_id": "1", "seconds": 36000.0,
            "steps": [[number * 18.0, number * 1920, number + 1] for number in range(2000)],
            "waits": [[number * 90.0, number * 90.0 + 45, "tracker", number + 1] for number in range(400)],
            "marks": [[number * 180.0, kind, 300, number + 1, number + 500] for number in range(200)
                      for kind in ("refused", "repeated", "damaged", "not-authorized")],
            "image": {"length": 3840000, **{kind: [[number * 19200, number * 19200 + 9600] for number in range(200)]
                                            for kind in ("stored", "refused", "repeated", "missing")}, "unconfirmed": []}}
    with_picture, without = (len(written([{**samples[0], **change}])) for change in ({"timeline": line}, {"timeline": None}))
    assert picture.Picture(line).staircase.count("V") > 500
    assert 100000 < with_picture - without < 300000


def test_it_prints_on_a4_and_in_both_colours(samples, opened, tmp_path):
    page = opened(samples[:1])
    (tmp_path / "page.pdf").write_bytes(page.pdf())
    said = subprocess.run(["pdfinfo", tmp_path / "page.pdf"], capture_output=True, text=True, check=True).stdout
    assert "A4" in said and int(re.search(r"Pages: *(\d+)", said)[1]) <= 2
    text = subprocess.run(["pdftotext", "-layout", tmp_path / "page.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert "Attempt 1 of 1" in text and "Connection" in text
    colour = "getComputedStyle(document.body).backgroundColor"
    assert page.run(colour) == "rgb(255, 255, 255)"
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert page.run(colour) == "rgb(21, 24, 28)"
    page.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert page.run(colour) == "rgb(255, 255, 255)"


def test_without_scripts_every_timeline_is_seen(samples, opened):
    page = opened(samples[:5], "--blink-settings=scriptEnabled=false")
    layout = page.call("Page.getLayoutMetrics")["cssContentSize"]["height"]
    assert layout > 5 * 300


def test_no_update_makes_a_page_that_says_so(opened):
    assert "hold no update" in opened([]).run("document.body.innerText")


def test_the_command_writes_the_page(wireshark, tmp_path):
    run = subprocess.run(wireshark.command(sys.executable, ROOT / "packaging/vt600-review", "--memory", "0", "--format", "html",
                                           CAPTURES / "ota-complete.pcapng"), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("<!DOCTYPE html>") and run.stdout.count('<svg class="timeline"') == 1
