from flask import Config as Config
