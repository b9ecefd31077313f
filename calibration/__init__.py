"""How the model meets evidence: published measures of the cases, targets, priors and the comparison of theories."""
