"""SQLite FTS5 over the same texts and questions: `fts5.py FOLDER QUESTIONS`, one JSON object a line.

English by words, Japanese by trigrams, as FTS5 has no words of Japanese. Every word has to be there, ranked by BM25,
title four times as heavy, the first 20, as our own search is asked.
"""

import json
import pathlib
import sqlite3
import sys
import time

ROUNDS, LIMIT = 7, 20
folder = pathlib.Path(sys.argv[1])
asked = json.loads(pathlib.Path(sys.argv[2]).read_text())
for language, tokenizer in (("en", "porter unicode61"), ("ja", "trigram")):
    base = sqlite3.connect(":memory:")
    base.execute(f"CREATE VIRTUAL TABLE texts USING fts5(title, body, tokenize='{tokenizer}')")
    lines = (json.loads(line) for line in (folder / f"{language}.jsonl").open())
    base.executemany("INSERT INTO texts VALUES (?, ?)", ((line["title"], line["body"]) for line in lines))
    base.execute("INSERT INTO texts(texts) VALUES ('optimize')")
    (count,) = base.execute("SELECT count(*) FROM texts").fetchone()
    question = f"SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY bm25(texts, 4.0, 1.0) LIMIT {LIMIT}"
    # A trigram needs three characters; shorter questions cannot be asked of it.
    questions = [text for text in asked[language] if language == "en" or all(len(word) > 2 for word in text.split())]
    quoted = [" ".join('"' + word + '"' for word in text.split()) for text in questions]
    ways = [("SQLite FTS5", quoted)]
    if language == "en":
        # As our own search reads it: the last word may go on. Trigrams do so anyway.
        ways.append(("SQLite FTS5, last word as a beginning", [text + "*" for text in quoted]))
    for name, texts in ways:
        times = []
        for text in texts:
            base.execute(question, (text,)).fetchall()
        for _ in range(ROUNDS):
            for text in texts:
                start = time.perf_counter()
                base.execute(question, (text,)).fetchall()
                times.append((time.perf_counter() - start) * 1e3)
        case = f"{language}: {name}, {count // 1000}k"
        print(json.dumps({"case": case, "unit": "ms", "values": times, "floor": None}))
