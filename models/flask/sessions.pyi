# Signed, so what is read was put in by the application itself.
class SecureCookieSession(dict):
    permanent: bool
    modified: bool
