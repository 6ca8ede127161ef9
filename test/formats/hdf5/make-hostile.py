"""Writes HDF5 files that a reader may stumble over: python make-hostile.py (h5py)."""

import pathlib

import h5py
import numpy as np

here = pathlib.Path(__file__).parent / "hostile"
here.mkdir(exist_ok=True)


def write(name, fill, **options):
    with h5py.File(here / f"{name}.h5", "w", **options) as file:
        group = file.create_group("layers")
        group.create_dataset("weight", data=np.ones((2, 2), np.float32))
        fill(file, group)


def cycle(file, group):
    group["again"] = group


def ring(file, group):
    inner = group.create_group("inner").create_group("innermost")
    inner["out"] = group


def soft(file, group):
    group["link"] = h5py.SoftLink("/layers/weight")


def external(file, group):
    group["link"] = h5py.ExternalLink("/etc/passwd", "/")


def external_data(file, group):
    group.create_dataset("elsewhere", (4,), np.float32, external=[("/etc/passwd", 0, 16)])


def huge(file, group):
    group.create_dataset("huge", (2**30, 2**30), np.float32, chunks=(2**10, 2**10))


def huge_compressed(file, group):
    group.create_dataset("huge", (2**30,), np.float32, chunks=(2**22,), compression="gzip")[0:1] = 1


def deep(file, group):
    for _ in range(70):
        group = group.create_group("g")


def dense(file, group):
    for i in range(200):
        group.create_group(f"g{i}")


for name, fill in {"cycle": cycle, "ring": ring, "soft-link": soft, "external-link": external, "external-data": external_data, "huge": huge,
                   "huge-compressed": huge_compressed, "deep": deep}.items():
    write(name, fill)
write("modern-cycle", cycle, libver="latest")
write("modern-external-link", external, libver="latest")
write("dense-group", dense, libver="latest")
