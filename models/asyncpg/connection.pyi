from asyncpg import Connection as Connection, connect as connect
