from invoke import Result as Result
