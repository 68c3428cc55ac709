"""The environment in which other people's software is at its best. Weir places its threads itself and gets none of it."""
import os
import pathlib

CPUS = sorted(os.sched_getaffinity(0))


def peer_environment():
    environment = {
        "OMP_NUM_THREADS": str(len(CPUS)),  # PyTorch of some builds takes one
        "OMP_PROC_BIND": "close",           # unbound threads share a core for whole seconds on virtual machines
        "OMP_PLACES": "cores",              # one thread a core
        "OPENBLAS_NUM_THREADS": "1",        # a second pool of threads beside OpenMP's fights for the same cores
        "MALLOC_MMAP_THRESHOLD_": str(2**30),  # large tensors come from the heap, not from fresh pages each time
        "MALLOC_TRIM_THRESHOLD_": str(2**30),  # and the heap is kept
    }
    if "avx512f" in pathlib.Path("/proc/cpuinfo").read_text(errors="replace"):
        environment["OPENBLAS_CORETYPE"] = "SkylakeX"  # OpenBLAS takes newer AMD processors for ones without AVX-512
    return {**os.environ, **environment}
