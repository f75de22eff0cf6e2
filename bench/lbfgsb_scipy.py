"""SciPy's own milliseconds per evaluation on the problem of lbfgsb.ts; prints one line of JSON a case."""
import json
import sys
import time

import numpy as np
import scipy
from scipy.optimize import fmin_l_bfgs_b

n, evaluations = int(sys.argv[1]), int(sys.argv[2])
i = np.arange(n)
target = (i * 7919 % 1000) / 1000 * 263 - 4
weight = 1 + (i * 104729 % 997) / 10
x0 = np.full(n, 127.0)


def run(bounded):
    inside = [0.0]

    def func(x):
        began = time.perf_counter()
        e = x - target
        we = weight * e
        f = 0.5 * float(we @ e) + 1e-4 * float(((e * e) * (e * e)).sum())
        gradient[:] = we + 4e-4 * e * e * e
        inside[0] += time.perf_counter() - began
        return f

    gradient = np.empty(n)
    # SciPy turns the list of bounds into arrays once a call, in Python: measured apart, as it is not per evaluation.
    bounds = [(0.0, 255.0)] * n if bounded else None
    marks = []

    def fprime(x):
        marks.append(time.perf_counter())
        return gradient.copy()

    began = time.perf_counter()
    x, f, info = fmin_l_bfgs_b(func, x0, fprime=fprime, bounds=bounds, maxfun=evaluations, factr=0, pgtol=0)
    ended = time.perf_counter()
    own = (ended - marks[0] - inside[0]) / (info["funcalls"] - 1) * 1e3
    print(json.dumps(dict(bounded=bounded, own=own, setup=marks[0] - began, f=f, funcalls=info["funcalls"],
                          atBound=float(np.mean((x == 0.0) | (x == 255.0))), scipy=scipy.__version__)))


for bounded in (False, True):
    run(bounded)
