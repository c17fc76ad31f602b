"""How plans and results are calculated: formulas and sources."""

FORMULAS = {
    "size": r"n_1 = \left(\frac{z_{1-\alpha/2}\,\sigma_0 + z_{1-\beta}\,\sigma_1}{\delta}\right)^2",
    "ratio": r"R = \frac{\sum N_i}{\sum D_i},\qquad \operatorname{Var}(R) \approx \frac1n"
    r"\operatorname{Var}\left(\frac{N_i - R\,D_i}{\bar D}\right)",
    "guardrail": r"\text{margin} = (z_{1-\alpha} + z_{1-\beta})\,\mathrm{se}",
    "cuped": r"\tilde Y_i = Y_i - \theta\,(X_i - \bar X),\quad "
    r"\theta = \frac{\operatorname{Cov}(X, Y)}{\operatorname{Var}(X)},\quad "
    r"\operatorname{Var}(\tilde Y) = (1 - \rho^2)\operatorname{Var}(Y)",
    "always_valid": r"\hat d \pm \sqrt{\frac{V\,(V + \tau^2)}{\tau^2}"
    r"\,\log\frac{V + \tau^2}{V\,\alpha^2}}",
    "mismatch": r"\chi^2 = \sum_g \frac{(n_g - n\,\pi_g)^2}{n\,\pi_g}",
}
