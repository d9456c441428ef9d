from urllib3 import BaseHTTPResponse as BaseHTTPResponse, HTTPResponse as HTTPResponse
