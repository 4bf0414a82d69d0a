"""A first program: it computes, keeps a file of its own, and looks at where it is."""

from statistics import mean

degrees = [24.5, 27.0, 31.0]
print(f"hello, it is {mean(degrees)} degrees in here")

with open("diary.txt", "w") as diary:
    diary.write("day 1: warm, quiet, walls on every side\n")
with open("diary.txt") as diary:
    print(diary.read(), end="")

# Not the host's file: in a session there is one user, and no password file but this.
with open("/etc/passwd") as users:
    print(users.read(), end="")
