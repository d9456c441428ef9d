# Until Python 3.8
from xml.etree.ElementTree import Element as Element, ElementTree as ElementTree, XML as XML, XMLID as XMLID, XMLParser as XMLParser, fromstring as fromstring, fromstringlist as fromstringlist, iterparse as iterparse, parse as parse, tostring as tostring
