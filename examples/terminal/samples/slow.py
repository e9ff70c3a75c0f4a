# Waits between what it prints: time.sleep() blocks, and the page goes on.

import time

for moon in ["new", "crescent", "half", "gibbous", "full"]:
    print(moon, flush=True)
    time.sleep(0.4)
