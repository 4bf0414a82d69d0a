"""What runs on Python's side of vivarium: zygote, keeper and worker. Standard library only, Python 3.9 and later."""
