"""How the case is calculated: formulas and sources."""

FORMULAS = {
    "value": r"v = M\,\bigl(V \cdot c \cdot o \cdot m \cdot a \cdot u - k\bigr) - k_0,"
    r"\qquad u = 100\,g \cdot \ell",
    "gain": r"g \sim \mathcal N\Bigl(\hat g,\;"
    r"\bigl(\max(\hat g_{\mathrm{high}} - \hat g,\ \hat g - \hat g_{\mathrm{low}})"
    r"/1.96\bigr)^2\Bigr)",
    "pert": r"x = \mathrm{low} + (\mathrm{high} - \mathrm{low})\,B,\quad B \sim \mathrm{Beta}"
    r"\Bigl(1 + 4\tfrac{\mathrm{likely} - \mathrm{low}}{\mathrm{high} - \mathrm{low}},\;"
    r"1 + 4\tfrac{\mathrm{high} - \mathrm{likely}}{\mathrm{high} - \mathrm{low}}\Bigr)",
    "information": r"\mathrm{EVPI} = E[\max(v, 0)] - \max(E[v], 0),\quad "
    r"\mathrm{EVPPI}(x) = E\bigl[\max(E[v \mid x], 0)\bigr] - \max(E[v], 0)",
    "sample": r"\mathrm{EVSI} = E_y\bigl[\max(E[v \mid y], 0)\bigr] - \max(E[v], 0),\quad "
    r"y \sim \mathcal N(u, \mathrm{se}^2)",
    "threshold": r"p^* = \frac{\mathrm{false\ alarm}}{\mathrm{false\ alarm} + \mathrm{miss}}",
}
