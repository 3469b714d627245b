"""An invented province of a real one's size, for a first look at every screen.

* `names`: words from which people and places are made up; no place of that province exists.
* `province`: 24 departments, 9 districts and 137 communes, each with a point, a line and people; the accounts.
* `meetings`: about a dozen briefings, some of them over with attendance.
* `make`: writes all of it into an empty store.
"""

from services.scheduler.demo.make import make

__all__ = ["make"]
