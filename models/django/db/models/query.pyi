from django.db.models import QuerySet as QuerySet
