from django.db.models import Manager as Manager
