# A game that waits for its player: input() blocks, and the page goes on.

import random

secret = random.randint(1, 100)
print("I think of a number from 1 to 100.")
for attempt in range(1, 11):
    guess = int(input(f"Guess {attempt}: "))
    if guess == secret:
        print(f"Right, after {attempt}.")
        break
    print("More." if guess < secret else "Less.")
else:
    print(f"It was {secret}.")
