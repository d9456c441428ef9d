from flask_wtf import CSRFProtect as CSRFProtect
