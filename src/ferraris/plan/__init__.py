"""What should be built: decisions of a planner, each with numbers from the models.

`requirements` reads what a site needs, `decisions` answers, in this order: `service` (one phase or three), `grade`
(which accuracy class), `sensor` (shunt, transformer or coil), `outage` (how long the clock is held up, what is saved as
the mains fail). Each answer says which, why, with what margin, and what would change it.
"""
