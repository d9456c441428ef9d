# Python 2
from urllib.parse import quote as quote, quote_plus as quote_plus, unquote as unquote, urlencode as urlencode
from urllib.request import FancyURLopener as FancyURLopener, URLopener as URLopener, urlopen as urlopen, urlretrieve as urlretrieve
