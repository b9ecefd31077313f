"""Values only: the presets of each rule family, the cases, scenarios and designs, as YAML files that Hydra composes."""
