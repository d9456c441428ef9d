from invoke import Context as Context
