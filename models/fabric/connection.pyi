from fabric import Connection as Connection
