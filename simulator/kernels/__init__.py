"""The only folder with numba. Importing it points the compile cache at a folder of its own."""

from simulator.kernels.cache import use_cache_folder

use_cache_folder()
