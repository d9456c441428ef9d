from flask import current_app as current_app, request as request, session as session, g as g
