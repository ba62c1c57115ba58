"""How everything around the measuring chain behaves: heat, dividers, memory part, crystal, backup store."""
