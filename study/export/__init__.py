"""What other tools read of a study: Optuna's storages, scikit-optimize's results, one table."""
