"""Starts every example in-process, the vulnerable and the fixed variant, and visits its main pages.

    python examples/smoke_test.py                   also checks the tables of faults in README.md
    python examples/smoke_test.py --write-readme    writes them anew

It needs the packages named in the examples' requirements.txt and pyproject.toml. No network, no server: each variant
runs with its framework's test client in a process of its own and keeps its data in a temporary directory.
"""

import collections
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from unittest import mock

HERE = Path(__file__).resolve().parent
PHRASE = "correct horse battery"


def check(what, got, want):
    """Complain unless a page answered as it should."""
    if got != want:
        raise SystemExit(f"{what}: got {got!r}, want {want!r}")


def archive_with(name):
    """A tar archive with one small file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = 5
        archive.addfile(member, io.BytesIO(b"hello"))
    buffer.seek(0)
    return buffer


def flask_shop(variant, data):
    """Browse, search, register, log in, buy, fetch the invoice, and work in the back office."""
    os.environ["SHOP_DATA"] = data
    os.environ["SHOP_HOSTS"] = "localhost"
    os.environ["SHOP_SECRET_KEY"] = os.urandom(16).hex()
    from shop import create_app

    fixed = variant == "fixed"
    app = create_app({"TESTING": True, "WTF_CSRF_ENABLED": False})
    client = app.test_client()

    def get(path, want=200, **kwargs):
        answer = client.get(path, base_url="https://localhost", **kwargs)
        check(f"GET {path}", answer.status_code, want)
        return answer

    def post(path, want, **kwargs):
        answer = client.post(path, base_url="https://localhost", **kwargs)
        check(f"POST {path}", answer.status_code, want)
        return answer

    check("catalogue", "Darjeeling" in get("/").text, True)
    check("search", "Assam" in get("/search?q=Ass&order=name").text, True)
    check("empty search", "Nothing found" in get("/search?q=xyz").text, True)
    check("markup in a search", "<script>" in get("/search?q=<script>").text, not fixed)
    post("/product/1/review", 302, data={"author": "Ann", "body": "<b>good</b>"})
    check("markup in a review", "<b>good</b>" in get("/product/1").text, not fixed)
    check("thumbnail", get("/product/1/thumbnail").data[:4], b"\x89PNG")
    check("manual", "Rinse" in get("/manual?name=teapot.txt").text, True)
    Path(data, "notes.txt").write_text("not for customers")
    get("/manual?name=../notes.txt", 404 if fixed else 200)
    get("/prices.csv")
    get("/cart/")
    get("/invoices/", 302)
    get("/admin/", 403)
    for path in ("/login", "/register", "/forgotten"):
        get(path)
    post("/register", 302, data={"name": "ann", "email": "ann@x.example", "password": PHRASE})
    with mock.patch("getpass.getpass", return_value=PHRASE):
        added = app.test_cli_runner().invoke(args=["add-staff", "ben", "ben@x.example"])
    check("add-staff", added.output, "ben may use the back office now\n")
    post("/login", 401, data={"name": "ann", "password": "wrong"})
    injected = client.post("/login", base_url="https://localhost", data={"name": "ann' --", "password": "x"})
    check("SQL injection at the login", injected.status_code, 401 if fixed else 302)
    client.delete_cookie("session")
    post("/login", 302, data={"name": "ann", "password": PHRASE})
    get("/admin/", 403)
    answer = post("/login", 302, data={"name": "ben", "password": PHRASE, "next": "https://evil.example/"})
    check("open redirect", answer.location == "https://evil.example/", not fixed)
    post("/cart/add/2", 302, data={"quantity": "2"})
    check("cart", "25.00 EUR" in get("/cart/").text, True)
    post("/cart/back", 302, data={"origin": "catalogue"})
    post("/cart/checkout", 302)
    get("/invoices/")
    invoice = "/invoices/download?order=1" if fixed else "/invoices/download?name=invoice-000001.txt"
    check("invoice", "2 x Assam" in get(invoice).text, True)
    check("invoice archive", get("/invoices/archive").data[:2], b"PK")
    post("/invoices/note", 204, data={"order": "1", "name": "mine", "text": "thanks"})
    check("sales", "Assam" in get("/admin/?sort=units").text, True)
    exported = get("/admin/export").data
    check("import", post("/admin/import", 200, data=exported, content_type="application/yaml").json, {"saved": 4})
    pictures = {"archive": (archive_with("new.png"), "pictures.tgz")}
    check("pictures", post("/admin/pictures", 200, data=pictures).json, {"names": ["new.png"]})
    post("/admin/discount", 302, data={"formula": "price * 0.9", "percent": "-10"})
    check("reachable", post("/admin/reachable", 200, data={"host": "localhost"}).json, {"reachable": True})
    post("/admin/picture/delete", 302, data={"name": "new.png"})
    check("deleted picture", Path(data, "images", "new.png").exists(), False)
    hook = {"event": "order.created", "url": "https://hooks.partner.example/x"}
    post("/partners/hooks", 201, data=hook)
    stock = '<stock><item sku="TEA-001" count="3"/></stock>'
    check("stock", post("/partners/stock", 200, data=stock).json, {"updated": 1})
    with mock.patch("shop.auth.send_mail") as letter:
        post("/forgotten", 302, data={"name": "ann"})
    link = letter.call_args.args[2].rpartition("localhost")[2]
    get(link)
    post(link, 302, data={"password": PHRASE + " staple"})
    get(link, 404)
    post("/logout", 302)
    post("/login", 302, data={"name": "ann", "password": PHRASE + " staple"})
    if fixed:
        guarded = create_app().test_client()
        answer = guarded.post("/cart/add/2", base_url="https://localhost")
        check("request without a CSRF token", answer.status_code, 400)


def django_site(variant, data):
    """Register, log in, write, comment, attach, reset a password, and read the reports."""
    os.environ["SITE_DATA"] = data
    os.environ["SITE_SECRET_KEY"] = os.urandom(32).hex()
    os.environ["SITE_EMAIL_BACKEND"] = "django.core.mail.backends.locmem.EmailBackend"
    os.environ["DJANGO_SETTINGS_MODULE"] = "community.settings"
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core import mail
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.core.management import call_command
    from django.test import Client
    from django.test.utils import setup_test_environment

    fixed = variant == "fixed"
    call_command("migrate", verbosity=0)
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    call_command("nightly_reports", stdout=io.StringIO())
    if fixed:
        call_command("check", deploy=True, fail_level="ERROR", verbosity=0)
    backend = "django.core.mail.backends.locmem.EmailBackend"
    setup_test_environment()
    check("mail backend", django.conf.settings.EMAIL_BACKEND, backend)
    host = {"HTTP_HOST": "community.example"}
    client = Client(**host)

    def get(path, want=200):
        answer = client.get(path, secure=True)
        check(f"GET {path}", answer.status_code, want)
        return answer

    def post(path, want, body=None, **kwargs):
        answer = client.post(path, body or {}, secure=True, **kwargs)
        check(f"POST {path}", answer.status_code, want)
        return answer

    get("/")
    for path in ("register", "login", "forgotten"):
        get(f"/accounts/{path}/")
    member = {"username": "ann", "email": "ann@x.example", "password": PHRASE}
    post("/accounts/register/", 302, member)
    answer = post("/accounts/login/?next=https://evil.example/", 302, member)
    check("open redirect", answer["Location"] == "https://evil.example/", not fixed)
    post("/write/", 302, {"title": "Spades", "body": "<i>sharp</i>"})
    get("/write/")
    check("markup in a post", "<i>sharp</i>" in get("/post/1/").content.decode(), not fixed)
    post("/post/1/", 302, {"name": "Ben", "body": "True"})
    check("search", "Spades" in get("/search/?q=Spa").content.decode(), True)
    check("SQL injection", "Spades" in get("/search/?q=zzz' OR 'a' LIKE 'a").content.decode(), not fixed)
    from datetime import datetime, timezone

    year = datetime.now(timezone.utc).year
    check("year", f"{year}: 1 comments" in get(f"/by-year/?year={year}").content.decode(), True)
    post("/preview/", 200, {"body": "<b>x</b>"})
    check("vote", post("/post/1/vote/", 200).json(), {"votes": 1})
    get("/leave/?to=https://seeds.example/", 302)
    post("/post/1/attach/", 302, {"name": "notes.txt", "file": SimpleUploadedFile("notes.txt", b"12345")})
    stored = "1/notes.txt" if fixed else "notes.txt"
    check("download", b"".join(get(f"/files/?file={stored}").streaming_content), b"12345")
    check("kind", get(f"/files/kind/?file={stored}").json()["info"], f"5 {stored}")
    if fixed:
        get("/files/?file=../../site.db", 404)
    else:
        check("path traversal", next(get("/files/?file=../../site.db").streaming_content)[:6], b"SQLite")
    post("/post/1/gallery/", 302, {"archive": archive_with("one.png")})
    get("/post/1/")
    post("/accounts/ann/", 200, {"about": "I dig", "website": "https://ann.example"})
    get("/accounts/ann/")
    post("/accounts/feed/", 302, {"password": PHRASE})
    check("export", b"".join(get("/accounts/export/?label=mine").streaming_content)[:2], b"\x1f\x8b")
    get("/reports/", 302)
    get_user_model().objects.update(is_staff=True)
    for by in ("author", "year", "votes") if fixed else ("author_id", "votes"):
        get(f"/reports/?by={by}")
    check("filter", get("/reports/filter/?condition=votes > 0").json(), {"titles": ["Spades"]})
    check("layout", post("/reports/layout/", 200, {"layout": "a: 1"}).json(), {"columns": {"a": 1}})
    saved = json.dumps({"name": "old", "rows": []}).encode()
    if not fixed:
        import pickle

        saved = pickle.dumps({"name": "old", "rows": []})
    post("/reports/restore/", 302, saved, content_type="application/octet-stream")
    post("/reports/import/", 302, b'<posts><post title="Hoes">long</post></posts>', content_type="text/xml")
    check("imported post", "Hoes" in get("/").content.decode(), True)
    get("/admin/", 200)
    post("/accounts/forgotten/", 302, {"username": "ann"})
    link = re.search(r"/accounts/reset/\S+", mail.outbox[-1].body)[0]
    get(link)
    post(link, 302, {"password": PHRASE + " staple"})
    get(link, 404)
    post("/accounts/logout/", 302)
    check("new password", client.login(username="ann", password=PHRASE + " staple"), True)


def fastapi_service(variant, data):
    """Register, log in, create and list jobs, upload, read the report, take a webhook."""
    os.environ["SERVICE_DATA"] = data
    os.environ["SERVICE_SECRET_KEY"] = os.urandom(16).hex()
    os.environ["SERVICE_PARTNER_SECRET"] = os.urandom(16).hex()
    import hashlib
    import hmac

    from fastapi.testclient import TestClient
    from service import delivery, security
    from service.main import app

    fixed = variant == "fixed"
    delivery.httpx.post = lambda *args, **kwargs: delivery.httpx.Response(204)
    with TestClient(app, base_url="https://localhost", follow_redirects=False) as client:

        def get(path, want=200, **kwargs):
            answer = client.get(path, **kwargs)
            check(f"GET {path}", answer.status_code, want)
            return answer

        def post(path, want=200, **kwargs):
            answer = client.post(path, **kwargs)
            check(f"POST {path}", answer.status_code, want)
            return answer

        get("/")
        get("/openapi.json")
        check("markup in a greeting", "<script>" in get("/hello?name=<script>").text, not fixed)
        get("/jobs/", 401)
        get("/accounts/login?next=/reports/")
        member = {"name": "ann", "password": PHRASE}
        post("/accounts/register", 201, data=member)
        post("/accounts/register", 409, data=member)
        post("/accounts/login", 401, data={"name": "ann", "password": "wrong"})
        answer = post("/accounts/login", 303, data={**member, "next": "https://evil.example/"})
        check("open redirect", answer.headers["location"] == "https://evil.example/", not fixed)
        check("new job", post("/jobs/", 201, json={"kind": "upper", "title": "<b>tea</b>"}).json(), {"id": 1})
        check("result", get("/jobs/1").json(), {"id": 1, "state": "done", "result": "<B>TEA</B>"})
        check("jobs", [job["title"] for job in get("/jobs/?state=done&order=priority").json()], ["<b>tea</b>"])
        check("SQL injection", client.get("/jobs/?order=hex(title)").status_code, 200)
        queue = [{"kind": "lower", "title": "Imported"}]
        body = json.dumps(queue).encode()
        if not fixed:
            import pickle

            body = pickle.dumps(queue)
        check("import", post("/jobs/import", content=body).json(), {"imported": 1})
        change = {"formula": "priority + 1", "change": 1}
        check("priorities", post("/jobs/priorities", json=change).json(), {"changed": 2})
        Path(data, "service.log").write_text("started\nstopped\n")
        check("log", get("/jobs/log?word=START").json(), {"lines": ["started"]})
        post("/uploads/", 201, files={"file": ("words.txt", b"one two three")})
        check("count", get("/jobs/count?file=words.txt").json(), {"file": "words.txt", "words": "3"})
        check("download", get("/uploads/download?name=words.txt").text, "one two three")
        check("path traversal", client.get("/uploads/download?name=../service.log").status_code, 404 if fixed else 200)
        check("etag", len(get("/uploads/text?name=words.txt").headers["etag"]), 34)
        post("/uploads/archive", 201, files={"file": ("a.tgz", archive_with("new.txt"))})
        check("uploads", get("/uploads/").json(), ["new.txt", "words.txt"])
        check("bundle", get("/uploads/bundle").content[:2], b"\x1f\x8b")
        check("layout", client.put("/reports/layout", content=b"footer: end").json(), {"footer": "end"})
        report = get("/reports/?by=kind").text
        check("report", "<td>upper</td><td>1</td>" in report and "<p>end</p>" in report, True)
        check("markup in a report", "<b>tea</b>" in report, not fixed)
        news = b'<jobs><job id="1" state="archived"/></jobs>'
        secret = os.environ["SERVICE_PARTNER_SECRET"].encode()
        signature = {"x-signature": hmac.new(secret, news, hashlib.sha256).hexdigest()}
        check("webhook", post("/webhooks/incoming", content=news, headers=signature).json(), {"changed": 1})
        post("/webhooks/incoming", 401 if fixed else 200, content=news)
        token = post("/accounts/token").json()["token"]
        check("signing key", "PRIVATE KEY" in post("/accounts/signing-key").json()["private_key"], True)
        client.cookies.clear()
        get("/jobs/1", headers={"x-api-token": token})
        if fixed:
            session = {"cookie": f"session={security.serializer.dumps(1)}"}
            body = {"url": "https://evil.example/"}
            post("/webhooks/try", 422, json=body, headers=session)
    secret_key = security.new_result_key()
    check("encryption", b"hello" in security.encrypt_result("hello", secret_key), False)


MARK = re.compile(r"(?:#|\{#) expect( later)?: ([a-z0-9-]+(?:, [a-z0-9-]+)*)(?: #\})?$")


def faults_table(name):
    """The table of the README: what the comments in the vulnerable variant say."""
    lines = [f"### {name}", "", "| file | rules | later |", "|---|---|---|"]
    root = HERE / name / "vulnerable"
    for path in sorted(path for path in root.rglob("*") if path.suffix in {".py", ".html"}):
        columns = {"": collections.Counter(), " later": collections.Counter()}
        for line in path.read_text(encoding="utf-8").splitlines():
            if mark := MARK.search(line):
                columns[mark[1] or ""].update(mark[2].split(", "))
            elif " expect" in line:
                raise SystemExit(f"{path}: a mark that nobody understands: {line.strip()}")
        if any(columns.values()):
            cells = (
                ", ".join(f"`{rule}`" + (f" × {times}" if times > 1 else "") for rule, times in sorted(column.items()))
                for column in columns.values()
            )
            lines.append(f"| `{path.relative_to(root).as_posix()}` | {' | '.join(cells)} |".replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def check_readme(write):
    """Complain when the README's tables are not what the comments say; with `write`, make them so."""
    path = HERE / "README.md"
    head, _, rest = path.read_text(encoding="utf-8").partition(TABLES_BEGIN)
    _, _, tail = rest.partition(TABLES_END)
    fresh = head + TABLES_BEGIN + "\n\n" + "\n".join(map(faults_table, EXAMPLES)) + "\n" + TABLES_END + tail
    if write:
        path.write_text(fresh, encoding="utf-8")
    check("tables in README.md are fresh", path.read_text(encoding="utf-8") == fresh, True)


TABLES_BEGIN = "<!-- faults: checked by smoke_test.py -->"
TABLES_END = "<!-- end of faults -->"
EXAMPLES = {"flask-shop": flask_shop, "django-site": django_site, "fastapi-service": fastapi_service}


def main():
    if len(sys.argv) == 3:
        name, variant = sys.argv[1:]
        os.chdir(HERE / name / variant)
        sys.path.insert(0, os.getcwd())
        sys.dont_write_bytecode = True
        with tempfile.TemporaryDirectory() as data:
            EXAMPLES[name](variant, data)
        return
    check_readme(write="--write-readme" in sys.argv)
    failed = 0
    for name in EXAMPLES:
        for variant in ("vulnerable", "fixed"):
            run = subprocess.run([sys.executable, __file__, name, variant], check=False)
            print(f"{name}/{variant}: {'works' if run.returncode == 0 else 'BROKEN'}", flush=True)
            failed += run.returncode != 0
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
