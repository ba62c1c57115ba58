"""Its place makes the modules beside it importable from every test: `bench_rig` and the like."""

from hypothesis import HealthCheck, settings

# No timing assertion anywhere: a slow machine is no failure. A failing example is printed so that it can be replayed.
settings.register_profile(
    "ferraris", parent=settings(), deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ferraris")
