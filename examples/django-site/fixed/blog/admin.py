"""Posts and comments in Django's admin site."""

from django.contrib import admin

from .models import Attachment, Comment, Post


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ("title", "author", "created", "votes")
    search_fields = ("title", "body")


admin.site.register(Comment)
admin.site.register(Attachment)
