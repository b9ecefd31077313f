"""What the command `coprod` does: thin Hydra apps over tested functions; nothing of the model is defined here."""
