# SPDX-License-Identifier: GPL-2.0-or-later
"""How a line of a .dialog is read: words, text in quotes, {options}, numbers, times. What the words do is dialog.py's."""

import ast
import re

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\{[^{}]*\}|[^\s"{}#]+|#.*)')
UNITS = {"ms": 0.001, "s": 1, "m": 60}


def numbered(text):
    """(number, line) of each line that says something; one that ends with a backslash goes on in the next."""
    begun, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        start = start if begun else number
        if line.endswith("\\"):
            begun += line[:-1] + " "
            continue
        yield start, begun + line
        begun = ""
    if begun:
        yield start, begun


def tokens(line):
    """The line's words up to a comment."""
    found, position, line = [], 0, line.rstrip()
    while position < len(line):
        match = TOKEN.match(line, position)
        if not match:
            raise ValueError(f"cannot read: {line[position:].strip()}")
        if match[1].startswith("#"):
            break
        found.append(match[1])
        position = match.end()
    return found


def number(word):
    """Decimal, or hexadecimal with 0x."""
    try:
        return int(word, 0)
    except ValueError:
        raise ValueError(f"no number: {word}") from None


def hexadecimal(word):
    try:
        return bytes.fromhex(word)
    except ValueError:
        raise ValueError(f'neither hexadecimal bytes nor "text": {word}') from None


def quoted(word):
    """The bytes of "text" with the usual escapes: \\r \\n \\0 \\x7f \\" and the backslash itself."""
    try:
        return ast.literal_eval("b" + word)
    except SyntaxError:
        raise ValueError(f"no ASCII text with escapes: {word}") from None


def seconds(word):
    match = re.fullmatch(r"(\d+)(ms|s|m)", word)
    if not match:
        raise ValueError(f"no time such as 500ms, 20s, 21m: {word}")
    return int(match[1]) * UNITS[match[2]]


def option(token):
    """'{name:value}' as its two parts."""
    name, _, value = token[1:-1].partition(":")
    return name, value


def keyword(args, word):
    """Takes `word VALUE` out of args."""
    if word not in args[:-1]:
        raise ValueError(f"{word} ... is missing")
    at = args.index(word)
    value = args[at + 1]
    del args[at:at + 2]
    return value


def exactly(count, args, usage):
    """The args, where there are as many as the usage has."""
    if len(args) != count:
        raise ValueError(f"say: {usage}")
    return args
