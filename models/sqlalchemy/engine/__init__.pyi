from sqlalchemy import Result as Result, Connection as Connection, Engine as Engine, create_engine as create_engine
