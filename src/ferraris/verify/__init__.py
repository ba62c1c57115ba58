"""Is it good? The planning checklist, judged by experiments on the models."""
