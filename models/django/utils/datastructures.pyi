from django.http.request import MultiValueDict as MultiValueDict
