from paramiko import DSSKey as DSSKey
