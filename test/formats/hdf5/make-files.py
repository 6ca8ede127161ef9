"""Makes the files of this folder: python make-files.py (h5py). Both forms of HDF5, with arrays stored in every way that is read."""

import pathlib

import h5py
import numpy as np

here = pathlib.Path(__file__).parent
for name, version in [("older", "earliest"), ("newer", "latest")]:
    with h5py.File(here / f"{name}.h5", "w", libver=version) as file:
        file.attrs["names"] = ["alpha", "béta"]
        file.attrs["bytes"] = np.array([b"ab", b"cde"])
        file.attrs["long"] = "hello" * 100
        group = file.create_group("group")
        group.create_dataset("big endian", data=np.arange(12.0).reshape(3, 4).astype(">f8"))
        group.create_dataset("one piece", data=np.arange(35, dtype="f4").reshape(5, 7), chunks=(5, 7), compression="gzip")
        group.create_dataset("whole", data=np.arange(10, dtype="i8").reshape(5, 2) - 3)
        group.create_dataset("small", data=np.arange(6, dtype="u1"))
        group.create_dataset("truth", data=np.array([True, False]))
        group.create_dataset("one", data=3.5)
        options = {"chunks": (2, 3), "compression": "gzip", "shuffle": True, "fletcher32": True}
        # Of the newer form only arrays in one piece are read.
        group.create_dataset("pieces", data=np.arange(35, dtype="f4").reshape(5, 7), **(options if name == "older" else {}))
