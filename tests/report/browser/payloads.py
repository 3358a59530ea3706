"""Forty texts that would do something if the page took them for more than text."""

import re

PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<ScRiPt>alert(3)</sCrIpT>",
    "<b>bold</b><br><sup>4</sup>",
    "<!--<script>alert(4)//-->",
    "<img src=x onerror=alert(5)>",
    '"><img src=x onerror=alert(6)>',
    "'><img src=x onerror=alert(7)>",
    "<svg onload=alert(8)>",
    "<svg/onload=alert(9)//",
    "</title><svg onload=alert(10)>",
    "</style><img src=x onerror=alert(11)>",
    "<iframe src=javascript:alert(13)></iframe>",
    "<iframe srcdoc='<script>alert(14)</script>'>",
    "<a href=javascript:alert(15)>x</a>",
    "<a href='https://example.org/'>y</a>",
    "javascript:alert(17)",
    '" onmouseover="alert(18)',
    "' autofocus onfocus='alert(19)",
    "` onclick=`alert(20)",
    "<body onload=alert(21)>",
    "<details open ontoggle=alert(22)>",
    "<input autofocus onfocus=alert(23)>",
    "<video><source onerror=alert(24)>",
    "<object data='data:text/html,25'>",
    "<embed src='data:text/html,26'>",
    "<base href='https://example.org/27'>",
    "<meta http-equiv=refresh content=0>",
    "<link rel=stylesheet href=//example.org>",
    "<style>@import '//example.org'</style>",
    "<math><mtext></math><script>alert(31)</script>",
    "<form action=//example.org><button>32",
    "&lt;script&gt;alert(33)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(34)&#62;",
    "{{7*7}}{% raw %}${7*7}#{7*7}",
    "%{x}%{customdata}%{fullData.name}",
    "<i>italic</i><br><sub>37</sub>",
    "\u202e<gpj.38>\u200b\u2028\u2029\x00\x0b\ufeff",
    "\uff1cscript\uff1ealert(39)\uff1c/script\uff1e",
    "\\u003cscript\\u003ealert(40)\\x3c/script>",
)

_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def as_read(text: str) -> str:
    """``text`` as a reader sees it: without invisible characters, spaces as in a line."""
    return " ".join(_UNSEEN.sub("", text).split())
