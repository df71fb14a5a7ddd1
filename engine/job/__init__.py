"""A job: what it has to do, what lies on disk for its clip, and the loop that makes the frames that are missing."""
