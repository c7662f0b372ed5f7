# The musts of each need as a Polars query over the same columns, and the 50 cheapest of what matches.
# Reads the folder that `measure` left: `<item>.bin` and `needs.json`; prints one JSON object a line.
import json
import sys
import time
from pathlib import Path

import numpy
import polars

RUNS, SECONDS, BEST = 60, 2.5, 50


def column(path, sets):
    values = numpy.fromfile(path, dtype="<f8")
    missing = numpy.isnan(values)
    if sets:
        series = polars.Series(path.stem, numpy.where(missing, 0, values).astype("uint64"))
    else:
        series = polars.Series(path.stem, values)
    return series.to_frame().select(
        polars.when(polars.Series(~missing)).then(polars.col(path.stem)).alias(path.stem)
    )[path.stem]


def predicate(must):
    held, asked = polars.col(must["item"]), must["value"]
    bits = polars.lit(int(asked), dtype=polars.UInt64)
    return {
        "at_least": lambda: held >= asked,
        "at_most": lambda: held <= asked,
        "includes": lambda: (held & bits) == bits,
        "within": lambda: ((held & bits) == held) & (held != 0),
        "any": lambda: (held & bits) != 0,
    }[must["kind"]]()


def main(folder):
    needs = json.loads((folder / "needs.json").read_text())["needs"]
    kinds = {must["item"]: must["kind"] for need in needs for must in need["musts"]}
    sets = {item for item, kind in kinds.items() if kind in ("includes", "within", "any")}
    files = [folder / f"{item}.bin" for item in sorted(set(kinds) | {"price"})]
    frame = polars.DataFrame([column(path, path.stem in sets) for path in files])
    size = len(frame)
    shown = f"{size // 1_000_000}M" if size >= 1_000_000 else f"{size // 1000}k"
    for need in needs:
        wanted = polars.all_horizontal([predicate(must) for must in need["musts"]])
        query = frame.lazy().filter(wanted)
        times, start = [], time.perf_counter()
        while len(times) < RUNS and (len(times) < 3 or time.perf_counter() - start < SECONDS):
            once = time.perf_counter()
            query.bottom_k(BEST, by="price").collect()
            times.append((time.perf_counter() - once) * 1000)
        name = f"{need['name']}, {shown}"
        matched = query.select(polars.len()).collect().item()
        print(json.dumps({"case": name, "unit": "ms", "values": times, "floor": None}))
        print(json.dumps({"case": f"{name}: matched", "unit": "count", "values": [matched], "floor": None}))


main(Path(sys.argv[1]))
