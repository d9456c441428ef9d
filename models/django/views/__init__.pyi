from .generic import View as View
