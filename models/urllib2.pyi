# Python 2
from urllib.request import HTTPSHandler as HTTPSHandler, OpenerDirector as OpenerDirector, Request as Request, build_opener as build_opener, install_opener as install_opener, urlopen as urlopen
