"""What a case is, and the words to write one in.

A verdict is what a server did, in one line that two servers can be compared by:

  200:plain.txt open           the whole of plain.txt, and the next request was answered too
  206:plain.txt[0-4] open      five bytes of it; [0-4,9-9] are two parts
  200:coded.txt.gz+gzip open   its sibling, with that Content-Encoding
  200/44 open                  a response to HEAD with that Content-Length
  301>/directory/ open         a redirect to there; the server's own name is left out
  405{GET,HEAD} closed         a refusal with that Allow, and the end of the connection
  200:plain.txt 200:smuggled.txt open     two responses
  HTTP/2 closed                frames of HTTP/2 instead of a response
  waits                        neither a response nor an end: the server waits for more

"open" means that a request for /after.txt, sent right behind the bytes of the case, was answered
with that file; so bytes behind a bad message that are read as a request show too.
"""

import dataclasses

# A request that only a server which has lost the frame answers: the body of other requests.
SMUGGLED = "GET /smuggled.txt HTTP/1.1\r\nHost: x\r\n\r\n"
ALLOWED = "GET,HEAD,OPTIONS"
OK = "200:plain.txt open"
BAD = "400 closed"          # what follows is not trusted to be a request


@dataclasses.dataclass(frozen=True)
class Case:
    """One request, or a few, and what spate must do with them.

    In the request @ETAG@ stands for the entity tag that the server has for /plain.txt, and
    @ETAG-GZIP@ for that of /coded.txt in gzip.
    """
    name: str     # TOPIC.DETAILS
    section: str  # of the RFC that decides
    request: str  # one character per byte (Latin-1)
    expect: str   # the verdict on spate
    shown: tuple[str, ...] = ()   # fields that belong to the verdict
    wanted: tuple[str, ...] = ()  # labels of bodies in order, shown as "wanted" if they match
    heads: tuple[int, ...] = ()   # indexes of responses that are to HEAD; the first is found out
    skip: str = ""  # why it can not be run here
    last: bool = False  # after all others: it may stop a server for good

    def bodiless(self, index):
        return index in self.heads or (index == 0 and self.request.startswith("HEAD "))


def ask(target="/plain.txt", *fields, method="GET", version="HTTP/1.1", host="x", body=""):
    """The bytes of a request. host: None leaves the field out."""
    lines = [f"{method} {target} {version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    return "\r\n".join([*lines, *fields, "", ""]) + body
