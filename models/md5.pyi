# Python 2
from hashlib import md5 as md5, md5 as new
