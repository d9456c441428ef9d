//! `hognose routes`: where data comes in.

use std::path::Path;

use snapbox::{IntoData, str};

use crate::project::Project;
use crate::says;

/// What the command prints over an example application.
fn routes_of(application: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(application)
        .join("vulnerable");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_hognose"))
        .args(["routes", "--isolated", "--color", "never"])
        .current_dir(folder)
        .output()
        .expect("the binary runs");
    assert_eq!(output.stderr, b"");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn of_the_flask_example() {
    snapbox::assert_data_eq!(routes_of("flask-shop"), str![[r#"
methods   path                             handler                      place                 parameters
GET       /                                shop.catalogue.index         shop/catalogue.py:26
GET       /admin/                          shop.admin.dashboard         shop/admin.py:34      query.sort?
POST      /admin/discount                  shop.admin.discount          shop/admin.py:71      form.formula?
GET       /admin/export                    shop.admin.export            shop/admin.py:41      query.format?
POST      /admin/import                    shop.admin.import_products   shop/admin.py:50
POST      /admin/picture/delete            shop.admin.delete_picture    shop/admin.py:92      form.name?
POST      /admin/pictures                  shop.admin.pictures          shop/admin.py:60      file.archive?
POST      /admin/reachable                 shop.admin.reachable         shop/admin.py:84      form.host?
GET       /cart/                           shop.cart.show               shop/cart.py:27
POST      /cart/add/{product_id}           shop.cart.add                shop/cart.py:33       product_id:int form.quantity?
POST      /cart/back                       shop.cart.back               shop/cart.py:42       form.origin?
POST      /cart/checkout                   shop.cart.checkout           shop/cart.py:49
GET POST  /forgotten                       shop.auth.forgotten          shop/auth.py:126      form.name?
GET       /invoices/                       shop.invoices.overview       shop/invoices.py:28
GET       /invoices/archive                shop.invoices.archive        shop/invoices.py:47
GET       /invoices/download               shop.invoices.download       shop/invoices.py:37   query.name?
POST      /invoices/note                   shop.invoices.note           shop/invoices.py:60   form.name? form.text?
GET POST  /login                           shop.auth.login              shop/auth.py:95       query.next? form.name? form.password? form.next?
POST      /logout                          shop.auth.logout             shop/auth.py:118
GET       /manual                          shop.catalogue.manual        shop/catalogue.py:80  query.name?
POST      /partners/hooks                  shop.webhooks.subscribe      shop/webhooks.py:32   form.event? form.url?
GET       /partners/rates                  shop.webhooks.rates          shop/webhooks.py:51
POST      /partners/stock                  shop.webhooks.stock          shop/webhooks.py:57
POST      /partners/supplier               shop.webhooks.supplier_list  shop/webhooks.py:70
POST      /partners/try                    shop.webhooks.try_hook       shop/webhooks.py:43   form.url?
GET       /prices.csv                      shop.catalogue.prices        shop/catalogue.py:88
GET       /product/{product_id}            shop.catalogue.product       shop/catalogue.py:45  product_id:int
POST      /product/{product_id}/review     shop.catalogue.review        shop/catalogue.py:55  product_id:int form.author? form.body?
GET       /product/{product_id}/thumbnail  shop.catalogue.thumbnail     shop/catalogue.py:66  product_id:int query.size?
GET POST  /register                        shop.auth.register           shop/auth.py:76       form.name? form.password? form.email?
GET POST  /reset/{token}                   shop.auth.reset              shop/auth.py:143      token:segment form.password?
GET       /search                          shop.catalogue.search        shop/catalogue.py:33  query.q? query.order?
-         (click)                          shop.commands.add_staff      shop/commands.py:16   argument.name argument.email

"#]].raw());
}

#[test]
fn of_the_fastapi_example() {
    snapbox::assert_data_eq!(routes_of("fastapi-service"), str![[r#"
methods  path                   handler                                 place                           parameters
GET      /                      service.main.index                      service/main.py:29
GET      /accounts/login        service.routers.accounts.login_page     service/routers/accounts.py:26  query.next?
POST     /accounts/login        service.routers.accounts.login          service/routers/accounts.py:31  form.name? form.password? form.next?
POST     /accounts/register     service.routers.accounts.register       service/routers/accounts.py:16  form.name form.password
POST     /accounts/signing-key  service.routers.accounts.signing_key    service/routers/accounts.py:51  header.x-api-token? cookie.session?
POST     /accounts/token        service.routers.accounts.token          service/routers/accounts.py:43  header.x-api-token? cookie.session?
GET      /hello                 service.main.hello                      service/main.py:34              query.name?
GET      /jobs/                 service.routers.jobs.listing            service/routers/jobs.py:59      query.state? query.order? header.x-api-token? cookie.session?
POST     /jobs/                 service.routers.jobs.create             service/routers/jobs.py:45      body.kind:pattern? body.title body.priority:int? header.x-api-token? cookie.session?
GET      /jobs/count            service.routers.jobs.count              service/routers/jobs.py:101     query.file? header.x-api-token? cookie.session?
POST     /jobs/import           service.routers.jobs.import_jobs        service/routers/jobs.py:68      header.x-api-token? cookie.session?
GET      /jobs/log              service.routers.jobs.log                service/routers/jobs.py:93      query.word? header.x-api-token? cookie.session?
POST     /jobs/priorities       service.routers.jobs.priorities         service/routers/jobs.py:80      body.formula? header.x-api-token? cookie.session?
GET      /jobs/{job_id}         service.routers.jobs.show               service/routers/jobs.py:110     job_id:int header.x-api-token? cookie.session?
GET      /reports/              service.routers.reports.overview        service/routers/reports.py:20   query.by? header.x-api-token? cookie.session?
PUT      /reports/layout        service.routers.reports.layout          service/routers/reports.py:28   header.x-api-token? cookie.session?
GET      /uploads/              service.routers.uploads.listing         service/routers/uploads.py:37   header.x-api-token? cookie.session?
POST     /uploads/              service.routers.uploads.upload          service/routers/uploads.py:19   file.file header.x-api-token? cookie.session?
POST     /uploads/archive       service.routers.uploads.upload_archive  service/routers/uploads.py:28   file.file header.x-api-token? cookie.session?
GET      /uploads/bundle        service.routers.uploads.bundle          service/routers/uploads.py:54   header.x-api-token? cookie.session?
GET      /uploads/download      service.routers.uploads.download        service/routers/uploads.py:42   query.name? header.x-api-token? cookie.session?
GET      /uploads/text          service.routers.uploads.text            service/routers/uploads.py:48   query.name? header.x-api-token? cookie.session?
POST     /webhooks/incoming     service.routers.webhooks.incoming       service/routers/webhooks.py:25
POST     /webhooks/try          service.routers.webhooks.try_out        service/routers/webhooks.py:16  body.url? header.x-api-token? cookie.session?

"#]].raw());
}

#[test]
fn of_the_django_example() {
    snapbox::assert_data_eq!(routes_of("django-site"), str![[r#"
methods  path                   handler                     place                  parameters
GET      /                      blog.views.PostList         blog/views.py:16
POST     /accounts/avatar/      accounts.views.avatar       accounts/views.py:99   form.url?
any      /accounts/export/      accounts.views.export       accounts/views.py:122  query.label?
POST     /accounts/feed/        accounts.views.feed_access  accounts/views.py:113  form.password?
any      /accounts/forgotten/   accounts.views.forgotten    accounts/views.py:55   form.username?
any      /accounts/login/       accounts.views.sign_in      accounts/views.py:36   form.username? form.password? query.next?
POST     /accounts/logout/      accounts.views.sign_out     accounts/views.py:50
any      /accounts/register/    accounts.views.register     accounts/views.py:26   form.username? form.email? form.password?
any      /accounts/reset/       accounts.views.reset        accounts/views.py:71   query.token? form.password?
any      /accounts/{username}/  accounts.views.profile      accounts/views.py:85   username:segment form.about? form.website?
any      /by-year/              blog.views.by_year          blog/views.py:31       query.year?
any      /files/                blog.files.download         blog/files.py:42       query.file?
any      /files/kind/           blog.files.kind             blog/files.py:49       query.file?
any      /leave/                blog.views.leave            blog/views.py:73       query.to?
any      /post/{pk}/            blog.views.post             blog/views.py:41       pk:int form.name? form.body?
POST     /post/{pk}/attach/     blog.files.attach           blog/files.py:18       pk:int form.name? file.file?
POST     /post/{pk}/gallery/    blog.files.gallery          blog/files.py:31       pk:int file.archive?
POST     /post/{pk}/vote/       blog.views.vote             blog/views.py:68       pk:int
POST     /preview/              blog.views.preview          blog/views.py:61       form.body?
any      /reports/              reports.views.overview      reports/views.py:21    query.by?
any      /reports/filter/       reports.views.filter_posts  reports/views.py:28    query.condition?
POST     /reports/import/       reports.views.import_posts  reports/views.py:61
POST     /reports/layout/       reports.views.layout        reports/views.py:49    form.layout?
POST     /reports/restore/      reports.views.restore       reports/views.py:40
any      /search/               blog.views.search           blog/views.py:24       query.q?
any      /write/                blog.views.write            blog/views.py:50       form.title? form.body?

"#]].raw());
}

const APPLICATION: &str = "\
from typing import Literal
from uuid import UUID
from fastapi import FastAPI, File, Form, Header, UploadFile
from pydantic import BaseModel

app = FastAPI()

class Item(BaseModel):
    title: str
    count: int = 1

@app.put('/items/{item}')
def write(item: UUID, body: Item, token: str = Header(), order: Literal['up', 'down'] = 'up'): ...

@app.get('/items/{number}')
def read(number: int): ...

@app.post('/upload')
def upload(file: UploadFile, note: str = Form('')): ...

@app.websocket('/live')
async def live(): ...
";

#[test]
fn as_json() {
    let project = Project::new(&[("app.py", APPLICATION), ("broken.py", "def f(:\n")]);
    says!(
        project.run("routes --format json"),
        str![[r#"
exit code 0
--- stdout
{
  "version": 1,
  "entry_points": [
    {
      "framework": "fastapi",
      "route": {
        "path": "/items/{item}",
        "methods": [
          "PUT"
        ],
        "websocket": false
      },
      "handler": "app.write",
      "path": "app.py",
      "line": 13,
      "column": 5,
      "source": "remote-input",
      "parameters": [
        {
          "name": "item",
          "location": "path",
          "required": true,
          "constraint": "uuid"
        },
        {
          "name": "title",
          "location": "body",
          "required": true
        },
        {
          "name": "count",
          "location": "body",
          "required": false,
          "constraint": "int"
        },
        {
          "name": "token",
          "location": "header",
          "required": true
        },
        {
          "name": "order",
          "location": "query",
          "required": false,
          "constraint": "choice",
          "choices": [
            "up",
            "down"
          ]
        }
      ]
    },
    {
      "framework": "fastapi",
      "route": {
        "path": "/items/{number}",
        "methods": [
          "GET"
        ],
        "websocket": false
      },
      "handler": "app.read",
      "path": "app.py",
      "line": 16,
      "column": 5,
      "source": "remote-input",
      "parameters": [
        {
          "name": "number",
          "location": "path",
          "required": true,
          "constraint": "int"
        }
      ]
    },
    {
      "framework": "fastapi",
      "route": {
        "path": "/live",
        "methods": [],
        "websocket": true
      },
      "handler": "app.live",
      "path": "app.py",
      "line": 22,
      "column": 11,
      "source": "remote-input",
      "parameters": []
    },
    {
      "framework": "fastapi",
      "route": {
        "path": "/upload",
        "methods": [
          "POST"
        ],
        "websocket": false
      },
      "handler": "app.upload",
      "path": "app.py",
      "line": 19,
      "column": 5,
      "source": "remote-input",
      "parameters": [
        {
          "name": "file",
          "location": "file",
          "required": true
        },
        {
          "name": "note",
          "location": "form",
          "required": false
        }
      ]
    }
  ],
  "problems": [
    {
      "path": "broken.py",
      "message": "expected a parameter or the end of the parameter list (and 1 more)"
    }
  ]
}
--- stderr
broken.py: expected a parameter or the end of the parameter list (and 1 more)

"#]]
    );
}

#[test]
fn as_openapi() {
    let project = Project::new(&[("app.py", APPLICATION)]);
    says!(
        project.run("routes --format openapi"),
        str![[r#"
exit code 0
--- stdout
{
  "info": {
    "title": "Routes found by Hognose",
    "version": "0.1.0"
  },
  "openapi": "3.1.0",
  "paths": {
    "/items/{item}": {
      "get": {
        "operationId": "app.read.get",
        "parameters": [
          {
            "in": "path",
            "name": "item",
            "required": true,
            "schema": {
              "type": "integer"
            }
          }
        ],
        "responses": {
          "default": {
            "description": "Not analysed"
          }
        },
        "x-hognose": {
          "framework": "fastapi",
          "handler": "app.read",
          "line": 16,
          "path": "app.py"
        }
      },
      "put": {
        "operationId": "app.write.put",
        "parameters": [
          {
            "in": "path",
            "name": "item",
            "required": true,
            "schema": {
              "format": "uuid",
              "type": "string"
            }
          },
          {
            "in": "header",
            "name": "token",
            "required": true,
            "schema": {}
          },
          {
            "in": "query",
            "name": "order",
            "required": false,
            "schema": {
              "enum": [
                "up",
                "down"
              ],
              "type": "string"
            }
          }
        ],
        "requestBody": {
          "content": {
            "application/json": {
              "schema": {
                "properties": {
                  "count": {
                    "type": "integer"
                  },
                  "title": {}
                },
                "required": [
                  "title"
                ],
                "type": "object"
              }
            }
          }
        },
        "responses": {
          "default": {
            "description": "Not analysed"
          }
        },
        "x-hognose": {
          "framework": "fastapi",
          "handler": "app.write",
          "line": 13,
          "path": "app.py"
        }
      }
    },
    "/upload": {
      "post": {
        "operationId": "app.upload.post",
        "requestBody": {
          "content": {
            "multipart/form-data": {
              "schema": {
                "properties": {
                  "file": {
                    "contentMediaType": "application/octet-stream",
                    "type": "string"
                  },
                  "note": {}
                },
                "required": [
                  "file"
                ],
                "type": "object"
              }
            }
          }
        },
        "responses": {
          "default": {
            "description": "Not analysed"
          }
        },
        "x-hognose": {
          "framework": "fastapi",
          "handler": "app.upload",
          "line": 19,
          "path": "app.py"
        }
      }
    }
  }
}

"#]]
    );
}

#[test]
fn nothing_to_list() {
    let project = Project::new(&[("plain.py", "x = 1\n")]);
    says!(
        project.run("routes"),
        str![[r#"
exit code 0
--- stdout
methods  path  handler  place  parameters

"#]]
    );
    says!(
        project.run("routes plan.py"),
        str![[r#"
exit code 2
--- stderr
error: `plan.py` does not exist
  help: did you mean `plain.py`?

"#]]
    );
}
