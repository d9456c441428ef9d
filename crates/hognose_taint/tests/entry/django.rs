use crate::entry_points;

#[test]
fn functions_and_classes_below_included_routes() {
    let found = entry_points(&[
        ("site/manage.py", "import django\n"),
        ("site/community/__init__.py", ""),
        (
            "site/community/urls.py",
            "from django.contrib import admin\n\
             from django.urls import include, path, re_path\n\
             from blog.urls import extra\n\
             urlpatterns = [\n\
             \x20   path('admin/', admin.site.urls),\n\
             \x20   path('blog/', include('blog.urls')),\n\
             \x20   path('<slug:lang>/', include((extra, 'extra'))),\n\
             ]\n",
        ),
        ("site/blog/__init__.py", ""),
        (
            "site/blog/urls.py",
            "from django.urls import path, re_path\n\
             from django.views.decorators.csrf import csrf_exempt\n\
             from . import views\n\
             app_name = 'blog'\n\
             urlpatterns = [\n\
             \x20   path('<int:pk>/', views.post, {'mode': 'full'}),\n\
             \x20   re_path(r'^archive/(?P<year>\\d{4})/(?P<slug>[^/]+)/$', csrf_exempt(views.archive)),\n\
             ]\n\
             urlpatterns += [path('edit/<str:name>', views.Edit.as_view())]\n\
             extra = [path('x/<path:rest>', views.rest)]\n",
        ),
        (
            "site/blog/views.py",
            "from django.views import View\n\
             from django.views.decorators.http import require_http_methods\n\
             def post(request, pk, mode): ...\n\
             def archive(request, year, slug): ...\n\
             class Edit(View):\n\
             \x20   def get(self, request, name): ...\n\
             \x20   def post(self, request, *args, **kwargs): ...\n\
             class Unused(View):\n\
             \x20   def get(self, request, name): ...\n\
             @require_http_methods(['GET', 'POST'])\n\
             def rest(req, lang, rest): ...\n",
        ),
    ]);
    assert_eq!(
        found,
        "
django - blog.views.Unused.get:9 returns Response
django * /blog/archive/{year}/{slug}/ blog.views.archive:4 returns Response
    path year: Int
    path slug: NoSlash
django GET /blog/edit/{name} blog.views.Edit.get:6 returns Response
    path name: NoSlash
django POST /blog/edit/{name} blog.views.Edit.post:7 returns Response
    path name: NoSlash
django * /blog/{pk}/ blog.views.post:3 returns Response
    path pk: Int
django GET,POST /{lang}/x/{rest} blog.views.rest:11 returns Response
    path lang: Slug
    path rest: Any
blog.views.Edit.get: request=object(django.http.HttpRequest) name=remote-input(NoSlash)
blog.views.Edit.post: request=object(django.http.HttpRequest) args=remote-input(Any) kwargs=remote-input(Any)
blog.views.Unused.get: request=object(django.http.HttpRequest) name=remote-input(Any)
blog.views.archive: request=object(django.http.HttpRequest) year=remote-input(Int) slug=remote-input(NoSlash)
blog.views.post: request=object(django.http.HttpRequest) pk=remote-input(Int)
blog.views.rest: req=object(django.http.HttpRequest) lang=remote-input(Slug) rest=remote-input(Any)
"
    );
}

#[test]
fn rest_framework_and_middleware() {
    let found = entry_points(&[
        ("manage.py", "import django\n"),
        (
            "api.py",
            "from django.urls import include, path\n\
             from rest_framework import generics, viewsets\n\
             from rest_framework.decorators import action, api_view\n\
             from rest_framework.routers import DefaultRouter\n\
             from rest_framework.views import APIView\n\
             @api_view(['GET', 'POST'])\n\
             def ping(request, name): ...\n\
             class Detail(APIView):\n\
             \x20   def get(self, request, pk): ...\n\
             class Users(viewsets.ModelViewSet):\n\
             \x20   lookup_field = 'slug'\n\
             \x20   def list(self, request): ...\n\
             \x20   def retrieve(self, request, slug=None): ...\n\
             \x20   @action(detail=True, methods=['post'], url_path='set-name')\n\
             \x20   def set_name(self, request, slug=None): ...\n\
             class Items(generics.ListCreateAPIView):\n\
             \x20   def post(self, request): ...\n\
             router = DefaultRouter()\n\
             router.register('users', Users)\n\
             urlpatterns = [\n\
             \x20   path('api/', include(router.urls)),\n\
             \x20   path('ping/<name>', ping),\n\
             \x20   path('d/<int:pk>', Detail.as_view()),\n\
             \x20   path('items', Items.as_view()),\n\
             ]\n",
        ),
        (
            "middleware.py",
            "class Audit:\n\
             \x20   def __init__(self, get_response): ...\n\
             \x20   def __call__(self, request): ...\n\
             \x20   def process_view(self, request, view, args, kwargs): ...\n",
        ),
    ]);
    assert_eq!(
        found,
        "
django-rest-framework GET /api/users/ api.Users.list:12 returns Response
django-rest-framework POST /api/users/ api.Users:10 returns Json
django-rest-framework DELETE /api/users/{slug}/ api.Users:10 returns Json
    path slug: NoSlash
django-rest-framework GET /api/users/{slug}/ api.Users.retrieve:13 returns Response
    path slug: NoSlash
django-rest-framework PATCH /api/users/{slug}/ api.Users:10 returns Json
    path slug: NoSlash
django-rest-framework PUT /api/users/{slug}/ api.Users:10 returns Json
    path slug: NoSlash
django-rest-framework POST /api/users/{slug}/set-name/ api.Users.set_name:15 returns Response
    path slug: NoSlash
django-rest-framework GET /d/{pk} api.Detail.get:9 returns Response
    path pk: Int
django-rest-framework GET /items api.Items:16 returns Response
django-rest-framework POST /items api.Items.post:17 returns Response
django-rest-framework GET,POST /ping/{name} api.ping:7 returns Response
    path name: NoSlash
api.Detail.get: request=object(rest_framework.request.Request) pk=remote-input(Int)
api.Items:
api.Items.post: request=object(rest_framework.request.Request)
api.Users:
api.Users.list: request=object(rest_framework.request.Request)
api.Users.retrieve: request=object(rest_framework.request.Request) slug=remote-input(NoSlash)
api.Users.set_name: request=object(rest_framework.request.Request) slug=remote-input(NoSlash)
api.ping: request=object(rest_framework.request.Request) name=remote-input(NoSlash)
middleware.Audit.__call__: request=object(django.http.HttpRequest)
middleware.Audit.process_view: request=object(django.http.HttpRequest) args=remote-input(Any) kwargs=remote-input(Any)
"
    );
}

#[test]
fn forms_and_serializers() {
    let found = entry_points(&[(
        "forms.py",
        r"from django import forms
from rest_framework import serializers
class Order(forms.Form):
    number = forms.IntegerField()
    name = forms.CharField(required=False)
    size = forms.ChoiceField(choices=[('s', 'Small'), ('l', 'Large')])
    owner = forms.ModelChoiceField(queryset=None)
class Detailed(Order):
    name = forms.SlugField()
class Item(serializers.Serializer):
    code = serializers.RegexField(r'^[a-f0-9]+$')
    when = serializers.DateTimeField()
",
    )]);
    assert_eq!(
        found,
        "
forms.Order: name=Any number=Int size=Choice([\"s\", \"l\"])
forms.Detailed: name=Slug number=Int size=Choice([\"s\", \"l\"])
forms.Item: code=Pattern(\"[a-f0-9]+\") when=Date
"
    );
}
