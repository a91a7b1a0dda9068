# SPDX-License-Identifier: GPL-2.0-or-later
"""The module that Wireshark's check_spelling.py imports, by this name, over the dictionaries that Debian has.

Debian does not have pyspellchecker. What check_spelling.py calls of it is here: which words are unknown, and more words
to know.
"""

from pathlib import Path

import enchant


class _Words:
    def __init__(self):
        self.more = set()

    def load_words(self, words):
        self.more |= {word.lower() for word in words}

    def load_text_file(self, path):
        self.load_words(Path(path).read_text(encoding="utf-8").split())
        # The project's own.
        self.load_words(line for line in (Path(__file__).parent / "words").read_text(encoding="utf-8").splitlines()
                        if not line.startswith("#"))

    def remove_words(self, words):
        self.more -= {word.lower() for word in words}


class SpellChecker:
    def __init__(self):
        self.word_frequency = _Words()
        self.dictionaries = [enchant.Dict(name) for name in ("en_US", "en_GB")]

    def _knows(self, word):
        forms = word, word.lower(), word.capitalize()
        return word.lower() in self.word_frequency.more or any(
            dictionary.check(form) for dictionary in self.dictionaries for form in forms)

    def known(self, words):
        return {word for word in words if word and self._knows(word)}

    def unknown(self, words):
        return {word for word in words if word and not self._knows(word)}
