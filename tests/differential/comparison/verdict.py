"""Boils what a server sent down to a verdict; see case.py for what one looks like."""

import itertools
import re

from . import responses

AFTER = b"GET /after.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
_OWN_NAME = re.compile(r"https?://(?:x|localhost|127\.0\.0\.1|example\.org)(?::\d+)?(?=/)", re.I)
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_MOST_PARTS = 4  # that are named
_HTTP2_SETTINGS = re.compile(rb"\x00..\x04.\x00\x00\x00\x00", re.S)


def _part(tree, content_range, body):
    """The name of the file that a part is of, and the part."""
    match = _RANGE.fullmatch(content_range)
    if not match:
        return "?", content_range
    first, last, size = map(int, match.groups())
    return tree.label_of_part(first, last, size, body), f"{first}-{last}"


def _part_body(tree, response):
    if response.bodiless:
        return f"/{response.value('Content-Length')}"
    content_range = response.value("Content-Range")
    if content_range is not None:
        parts = [(content_range, response.body)]
    else:
        parts = responses.parse_multipart(response)
        if parts is None:
            return ":?"
    named = [_part(tree, content_range, body) for content_range, body in parts]
    files = "|".join(sorted({file for file, _ in named}))
    places = [place for _, place in named]
    if len(places) > _MOST_PARTS:
        places[_MOST_PARTS:] = [f"{len(places) - _MOST_PARTS} more"]
    return f":{files}[{','.join(places)}]"


def _body(tree, response):
    if response.status == 206:
        return _part_body(tree, response)
    if response.bodiless:
        length = f"/{response.value('Content-Length')}" if response.status == 200 else ""
        return length + ("+body" if response.body else "")
    if response.status == 200:
        return ":" + tree.label(response.body)
    return ""


def _token(tree, case, response, index):
    body = _body(tree, response)
    if index < len(case.wanted) and body == ":" + case.wanted[index]:
        body = ":wanted"
    text = f"{response.status}{body}"
    if not response.complete:
        text += "+cut"
    if response.status < 300 and response.value("Content-Encoding"):
        text += "+" + response.value("Content-Encoding")
    if response.status == 416:
        text += f"[{response.value('Content-Range')}]"
    if 300 <= response.status < 400 and response.status != 304:
        text += ">" + _OWN_NAME.sub("", response.value("Location") or "?", count=1)
    if response.status in (204, 405, 501) and response.value("Allow"):
        methods = sorted(method.strip() for method in response.value("Allow").split(","))
        text += "{" + ",".join(methods) + "}"
    for name in case.shown:
        value = response.value(name)
        text += f"{{{name}: {value}}}" if value is not None else f"{{no {name}}}"
    return text


def _collapse(tokens):
    for token, group in itertools.groupby(tokens):
        count = len(list(group))
        yield token if count == 1 else f"{count}x{token}"


def verdict_on(tree, case, received, end):
    """The verdict on what came back for case.request and AFTER behind it."""
    found, rest = responses.parse(received, case)
    answered = (found and found[-1].status == 200 and not found[-1].bodiless and not rest
                and tree.label(found[-1].body) == "after.txt")
    if answered:
        end = "open"
        found = found[:-1]
    elif rest and _HTTP2_SETTINGS.match(rest):
        end = "HTTP/2 " + end
    elif rest:
        end = f"+{len(rest)} bytes {end}"
    tokens = [_token(tree, case, response, index) for index, response in enumerate(found)]
    return " ".join([*_collapse(tokens), end])
