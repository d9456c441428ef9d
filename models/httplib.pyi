# Python 2
from http.client import HTTPConnection as HTTPConnection, HTTPResponse as HTTPResponse, HTTPSConnection as HTTPSConnection
