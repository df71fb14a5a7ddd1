"""What tests share: plates, jobs, checkpoints and sets made at test time."""
