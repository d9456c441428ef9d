# Python 2
from pickle import Unpickler as Unpickler, dump as dump, dumps as dumps, load as load, loads as loads
