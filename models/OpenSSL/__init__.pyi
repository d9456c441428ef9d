from . import SSL as SSL, crypto as crypto
