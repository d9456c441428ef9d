from paramiko import RSAKey as RSAKey
