# Python 2
from hashlib import sha1 as new, sha1 as sha
