"""What people do: pure scalar rules, one file per family, each with its parameters declared once."""
