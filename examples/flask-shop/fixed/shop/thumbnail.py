"""Scale a picture down; a program of its own, so that a broken picture cannot take the shop down.

Usage: python thumbnail.py SOURCE TARGET WIDTHxHEIGHT
"""

import sys

from PIL import Image


def main(source, target, size):
    width, height = (int(part) for part in size.split("x"))
    with Image.open(source) as picture:
        picture.thumbnail((width, height))
        picture.save(target)


if __name__ == "__main__":
    main(*sys.argv[1:4])
