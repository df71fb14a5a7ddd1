"""What every training run needs: configuration, checkpoints, schedules, logs and progress."""
