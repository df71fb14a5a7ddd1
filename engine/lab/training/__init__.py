"""Making rendered clips and training the networks on them; needs the packages of ``requirements/train.txt``."""
