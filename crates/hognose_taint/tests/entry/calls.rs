use crate::{entry_points, entry_points_with};

#[test]
fn tasks_and_consumers() {
    let found = entry_points(&[
        (
            "tasks.py",
            r"from celery import Celery, shared_task
import dramatiq
from huey import RedisHuey
from rq.decorators import job
app = Celery('x')
huey = RedisHuey()
@app.task
def plain(a, b: int = 0): ...
@shared_task(bind=True)
def bound(self, path): ...
@dramatiq.actor
def act(url): ...
@huey.task()
def hue(x): ...
@job('low')
def work(x): ...
",
        ),
        (
            "consumer.py",
            r"import pika
def on_message(channel, method, properties, body): ...
channel = pika.BlockingConnection().channel()
channel.basic_consume(queue='q', on_message_callback=on_message)
",
        ),
    ]);
    assert_eq!(
        found,
        "
celery - tasks.bound:10 returns Ignored
    argument path: Any
celery - tasks.plain:8 returns Ignored
    argument a: Any
    argument b?: Any
dramatiq - tasks.act:12 returns Ignored
    argument url: Any
huey - tasks.hue:14 returns Ignored
    argument x: Any
pika - consumer.on_message:2 returns Ignored
    argument properties: Any
    argument body: Any
rq - tasks.work:16 returns Ignored
    argument x: Any
consumer.on_message: properties=message(Any) body=message(Any)
tasks.act: url=message(Any)
tasks.bound: path=message(Any)
tasks.hue: x=message(Any)
tasks.plain: a=message(Any) b=message(Any)
tasks.work: x=message(Any)
"
    );
}

#[test]
fn commands() {
    let found = entry_points(&[
        (
            "c.py",
            r"import click
@click.group()
@click.pass_context
def cli(ctx): ...
@cli.command()
@click.option('--count', type=int)
@click.option('-o', '--out-file', default='x')
@click.option('--port', default=80)
@click.option('--yes/--no', 'sure', is_flag=True)
@click.argument('mode', type=click.Choice(['a', 'b']))
@click.argument('path', type=click.Path())
@click.pass_context
def run(ctx, count, out_file, port, sure, mode, path): ...
",
        ),
        (
            "t.py",
            r"import typer
app = typer.Typer()
@app.command()
def go(ctx: typer.Context, name: str, number: int = 1): ...
def main(path): ...
typer.run(main)
",
        ),
    ]);
    assert_eq!(
        found,
        "
click - c.cli:4 returns Ignored
click - c.run:13 returns Ignored
    argument count?: Int
    argument out_file?: Any
    argument port?: Int
    argument sure?: Bool
    argument mode: Choice([\"a\", \"b\"])
    argument path: Any
typer - t.go:4 returns Ignored
    argument name: Any
    argument number?: Int
typer - t.main:5 returns Ignored
    argument path: Any
c.cli:
c.run: count=local-input(Int) out_file=local-input(Any) port=local-input(Int) sure=local-input(Bool) mode=local-input(Choice([\"a\", \"b\"])) path=local-input(Any)
t.go: name=local-input(Any) number=local-input(Int)
t.main: path=local-input(Any)
"
    );
}

#[test]
fn tools_and_resolvers_and_callbacks() {
    let found = entry_points(&[
        (
            "tools.py",
            r"from mcp.server.fastmcp import Context, FastMCP
from langchain_core.tools import BaseTool, StructuredTool, tool
mcp = FastMCP('x')
@mcp.tool()
async def read(path: str, lines: int, ctx: Context): ...
@tool
def search(query: str): ...
def add(a, b): ...
StructuredTool.from_function(func=add)
class Shell(BaseTool):
    def _run(self, command: str): ...
",
        ),
        (
            "q.py",
            r"import graphene
import strawberry
class Query(graphene.ObjectType):
    def resolve_user(root, info, name): ...
@strawberry.type
class Other:
    @strawberry.field
    def book(self, info: strawberry.Info, title: str, number: int): ...
",
        ),
        (
            "ui.py",
            r"import gradio as gr
def greet(name): ...
def upload(files): ...
gr.Interface(fn=greet, inputs='text', outputs='text')
with gr.Blocks() as demo:
    button = gr.Button('x')
    button.click(upload, inputs=[], outputs=[])
",
        ),
    ]);
    assert_eq!(
        found,
        "
gradio - ui.greet:2 returns Ignored
    body name: Any
gradio - ui.upload:3 returns Ignored
    body files: Any
graphene - q.Query.resolve_user:4 returns Json
    body name: Any
langchain - tools.Shell._run:11 returns Ignored
    argument command: Any
langchain_core - tools.add:8 returns Ignored
    argument a: Any
    argument b: Any
langchain_core - tools.search:7 returns Ignored
    argument query: Any
mcp - tools.read:5 returns Ignored
    argument path: Any
    argument lines: Int
strawberry - q.Other.book:8 returns Json
    body title: Any
    body number: Int
q.Other.book: title=remote-input(Any) number=remote-input(Int)
q.Query.resolve_user: name=remote-input(Any)
tools.Shell._run: command=model-output(Any)
tools.add: a=model-output(Any) b=model-output(Any)
tools.read: path=model-output(Any) lines=model-output(Int)
tools.search: query=model-output(Any)
ui.greet: name=remote-input(Any)
ui.upload: files=remote-input(Any)
"
    );
}

#[test]
fn what_a_stub_of_the_users_own_says() {
    let found = entry_points_with(
        &[(
            "app.py",
            r"import ours
@ours.handler('/x/<name>')
def handle(name, data, number: int): ...
@ours.other
def other(data): ...
",
        )],
        &[(
            "ours.pyi",
            "def handler(path) -> EntryPoint['queue']: ...\n\
             def other(function): ...\n",
        )],
    );
    assert_eq!(
        found,
        "
stub * /x/{name} app.handle:3 returns Ignored
    path name: NoSlash
    argument data: Any
    argument number: Int
app.handle: name=queue(NoSlash) data=queue(Any) number=queue(Int)
"
    );
}
