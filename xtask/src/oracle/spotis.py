# Distances of pymcdm's SPOTIS for the tables on standard input; started by `cargo xtask oracle`.
import json
import sys

import numpy
from pymcdm.methods import SPOTIS

tables = json.load(sys.stdin)
distances = []
for table in tables:
    bounds = numpy.array(table["bounds"], dtype=float)
    matrix = numpy.array(table["matrix"], dtype=float)
    weights = numpy.array(table["weights"], dtype=float)
    types = numpy.array(table["types"])
    found = SPOTIS(bounds)(matrix, weights / weights.sum(), types)
    distances.append([float(distance) for distance in found])
json.dump(distances, sys.stdout)
