"""How numba may compile arithmetic: faster where no digit depends on it, never otherwise."""

from __future__ import annotations

# Not a number, infinity and the sign of zero are left out of account, so loops with comparisons run
# several cells at once. Sums keep the order that the source gives them and products are rounded
# before they are added. `fastmath=True` would allow both to change, and a compiler then does it
# differently on each processor, and each time it copies a function into another: code compiled now
# and the same code from the cache gave different last digits.
IN_ORDER = {"nnan", "ninf", "nsz"}
