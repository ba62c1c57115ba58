"""How everything around the measuring chain behaves: heat, dividers, the non-volatile memory part."""
