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
             def post(request, pk, mode): ...\n\
             def archive(request, year, slug): ...\n\
             class Edit(View):\n\
             \x20   def get(self, request, name): ...\n\
             \x20   def post(self, request, *args, **kwargs): ...\n\
             class Unused(View):\n\
             \x20   def get(self, request, name): ...\n\
             def rest(req, lang, rest): ...\n",
        ),
    ]);
    assert_eq!(
        found,
        "
django - blog.views.Unused.get:8 returns Response
django * /blog/archive/{year}/{slug}/ blog.views.archive:3 returns Response
    path year: Int
    path slug: NoSlash
django GET /blog/edit/{name} blog.views.Edit.get:5 returns Response
    path name: NoSlash
django POST /blog/edit/{name} blog.views.Edit.post:6 returns Response
    path name: NoSlash
django * /blog/{pk}/ blog.views.post:2 returns Response
    path pk: Int
django * /{lang}/x/{rest} blog.views.rest:9 returns Response
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
