from MySQLdb import Connection as Connection
