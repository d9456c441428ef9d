# Python 2
from xmlrpc.client import ServerProxy as ServerProxy, dumps as dumps, loads as loads
