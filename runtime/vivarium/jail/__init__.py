"""The walls: namespaces, root file system, Landlock, seccomp, rlimits and capabilities, one module each."""
