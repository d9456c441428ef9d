from builtins import input as input
import http.client as http_client
import pickle as cPickle
import xmlrpc.client as xmlrpc_client
