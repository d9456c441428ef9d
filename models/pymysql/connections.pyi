from pymysql import Connection as Connection
